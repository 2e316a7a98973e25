/**
 * Services read pages of 100 records of metadata and write single ones (the mix metadata): what a leader answers alone, or gateways for it.
 * Alone, against `darkroom up cache-aside:gateway=consistent`, with the address of a gateway:
 * k6 run -e DARKROOM_CONFIG='{"worlds":[["http://127.0.0.1:PORT"]]}' loadtests/scenarios/metadata-pages.ts
 */
import { runScenario } from '../k6/run-scenario.ts';

const { options, setup, play } = runScenario('metadata-pages');

export { options, setup };
export default play;
