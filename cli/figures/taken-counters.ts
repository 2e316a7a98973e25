import {
  commandCounters,
  commandsOfTiers,
  evictionCounters,
  readCounters,
  workCounters,
} from '../../app/cache/cache-counters.ts';
import { counterOf } from '../../app/contract/figure.ts';
import type { Counter, FigurePer } from '../../app/contract/figure.ts';
import { serviceMetrics } from '../../app/contract/service-metrics.ts';
import { figures } from './figure-list.ts';
import { layerCounters } from './layer-counters.ts';

/** Requests that the service answered. */
export const servedRequests = counterOf(serviceMetrics.requestDuration);
const servedWrites = counterOf(serviceMetrics.requestDuration, {
  http_request_method: ['POST', 'PUT', 'PATCH', 'DELETE'],
});

/** The counter that a figure is divided by; null where it is another quantity, or nothing. */
export function divisorOf(per: FigurePer): Counter | null {
  if (per === 'request') return servedRequests;
  if (per === 'write') return servedWrites;
  return per === 'second' ? null : per;
}

/** What is taken from the service: for figures, for guards, and for what a block tells of its caches. */
export const takenCounters: readonly Counter[] = [
  servedRequests,
  ...figures.flatMap(({ from, per }) => [...('counter' in from ? [from] : []), divisorOf(per) ?? []].flat()),
  ...[
    ...[layerCounters, readCounters, workCounters],
    ...[commandCounters, commandsOfTiers, evictionCounters],
  ].flatMap((counters) => Object.values<Counter>(counters)),
];
