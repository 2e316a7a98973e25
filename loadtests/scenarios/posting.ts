/**
 * People write: three requests of ten post, like, comment, follow, unfollow or edit (the mix write-heavy). Images among the reads.
 * Alone, against `darkroom up`: k6 run loadtests/scenarios/posting.ts
 */
import { runScenario } from '../k6/run-scenario.ts';

const { options, setup, play } = runScenario('posting');

export { options, setup };
export default play;
