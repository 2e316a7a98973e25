import type { ViewerRequests } from '../../loadtests/workloads/viewer-requests.ts';
import { countOf } from '../figures/counts.ts';
import type { Counts } from '../figures/counts.ts';
import { layerCounters } from '../figures/layer-counters.ts';
import { servedRequests } from '../figures/taken-counters.ts';

/** Who answered what viewers asked for in a block. Each request is answered by one of them. */
export type RequestAccount = {
  readonly asked: number;
  readonly browser: number;
  readonly edge: number;
  readonly service: number;
};

/**
 * `sent`: what the driver got an answer to. The requests that are counted as answered hold those of the edge, and what that asks for by
 * itself, which is of no viewer.
 */
export function requestAccountOf(viewers: ViewerRequests, sent: number, counts: Counts): RequestAccount {
  const browser = viewers.images.browser.requests;
  const edge = countOf(counts, layerCounters.edgeAnswers);
  return {
    asked: browser + sent,
    browser,
    edge,
    service: countOf(counts, servedRequests) - edge - countOf(counts, layerCounters.edgeRefreshes),
  };
}

/** Requests that nobody says to have answered; below 0, answers that nobody has asked for. 0 in a sound block. */
export function unaccountedIn({ asked, browser, edge, service }: RequestAccount): number {
  return asked - browser - edge - service;
}
