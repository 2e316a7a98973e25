/**
 * People log in, now and then with a wrong password, read their feeds and log out (the mix log-ins), among people who browse.
 * Alone, against `darkroom up`: k6 run loadtests/scenarios/log-ins.ts
 */
import { runScenario } from '../k6/run-scenario.ts';

const { options, setup, play } = runScenario('log-ins');

export { options, setup };
export default play;
