/**
 * People look at pages full of photos, some of them without logging in, and their browsers keep the images (the mix photo-viewing).
 * Alone, against `darkroom up`: k6 run loadtests/scenarios/photo-viewing.ts
 */
import { runScenario } from '../k6/run-scenario.ts';

const { options, setup, play } = runScenario('photo-viewing');

export { options, setup };
export default play;
