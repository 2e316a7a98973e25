/**
 * People browse, and now and then a star posts: then one photo takes a large part of reads and likes (the mix star-spikes).
 * Alone, against `darkroom up`: k6 run loadtests/scenarios/celebrity.ts
 */
import { runScenario } from '../k6/run-scenario.ts';

const { options, setup, play } = runScenario('celebrity');

export { options, setup };
export default play;
