/**
 * People browse: feeds, photos, profiles, comments, followers, with likes and the odd post (the mix social-default).
 * Alone, against `darkroom up`: k6 run loadtests/scenarios/feed-browsing.ts
 */
import { runScenario } from '../k6/run-scenario.ts';

const { options, setup, play } = runScenario('feed-browsing');

export { options, setup };
export default play;
