import { cacheSystem } from './cache/system.ts';
import { classesSystem } from './classes/system.ts';
import type { Systems } from './contract/system.ts';
import { countersSystem } from './counters/system.ts';
import { edgeSystem } from './edge/system.ts';
import { feedsSystem } from './feeds/system.ts';
import { gatewaySystem } from './gateway/system.ts';

/** Every system. Candidates, lists, worlds and figures derive from it. */
export const systems = {
  cache: cacheSystem,
  classes: classesSystem,
  feeds: feedsSystem,
  counters: countersSystem,
  gateway: gatewaySystem,
  edge: edgeSystem,
} as const satisfies Systems;
