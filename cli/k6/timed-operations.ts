import type { SystemDefinition } from '../../app/contract/system.ts';
import { systems } from '../../app/systems.ts';

/** The operations whose response times some figure asks for alone: only of these a histogram is kept for each. */
export const timedOperations: ReadonlySet<string> = new Set(
  Object.values<SystemDefinition>(systems)
    .flatMap(({ figures }) => figures)
    .flatMap(({ from }) => ('operation' in from ? from.operation : [])),
);
