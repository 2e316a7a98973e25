/**
 * Counters are added to and read, a few of them by everybody, and some adds are sent twice (the mix counting).
 * Alone, against `darkroom up`: k6 run loadtests/scenarios/counting.ts
 */
import { runScenario } from '../k6/run-scenario.ts';

const { options, setup, play } = runScenario('counting');

export { options, setup };
export default play;
