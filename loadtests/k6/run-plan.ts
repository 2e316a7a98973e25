/**
 * Sends the requests of a plan, of whichever scenario they are: what the command line gives to k6 when it has planned them. It has nothing
 * of what draws requests, which k6 would make anew for every virtual user.
 */
import { createScript } from './create-script.ts';
import { openPlan, readPlan } from './planned-requests.ts';
import { readSettings } from './settings.ts';

const settings = readSettings();
const { planFile } = settings;
if (planFile === undefined) throw new RangeError('DARKROOM_CONFIG names no planFile');
const { options, setup, play } = createScript(
  settings,
  openPlan(() => readPlan(planFile)),
);

export { options, setup };
export default play;
