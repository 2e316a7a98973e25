/**
 * A crawler reads all profiles and photos one after another, among people who read their feeds (the mix crawl): what evicts a cache.
 * Alone, against `darkroom up`: k6 run loadtests/scenarios/profile-crawl.ts
 */
import { runScenario } from '../k6/run-scenario.ts';

const { options, setup, play } = runScenario('profile-crawl');

export { options, setup };
export default play;
