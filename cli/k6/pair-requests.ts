import type { ScheduledPass } from '../../loadtests/workloads/run-settings.ts';
import { isAnswered, sentAtUs } from './sent-requests.ts';
import type { SentRequests } from './sent-requests.ts';

/**
 * The requests of a block that have a counterpart in the other blocks of its round, answered alike at nearly the same moment.
 * Together, two blocks of a round have the same ones, so that the difference of their mean logarithms is the logarithm of the geometric
 * mean of the ratios of the same request.
 */
export type PairedRequests = {
  readonly requests: number;
  /** Requests of the round without such a counterpart. */
  readonly leftOut: number;
  /** Mean of the natural logarithms of the response times in microseconds. */
  readonly meanLogUs: number;
};

export type Pairing = {
  /** Requests that count, by their number in the pass. */
  readonly isPaired: (request: number) => boolean;
  /** By world; null for a world that is left out, and where nothing is paired. */
  readonly worlds: readonly (PairedRequests | null)[];
};

/**
 * Finds the requests that all worlds met alike: sent within `spreadUs` of each other, answered as expected and with the same
 * status. No request is left out for being slow, so that what only every tenth request feels is seen.
 */
export function pairRequests(
  sent: SentRequests,
  { first, requests }: ScheduledPass,
  worlds: readonly { readonly isLeftOut: boolean }[],
  spreadUs: number,
): Pairing {
  const counted = worlds.flatMap(({ isLeftOut }, world) => (isLeftOut ? [] : [world]));
  const isPaired = new Uint8Array(requests);
  const logs = worlds.map(() => 0);
  let paired = 0;
  for (let index = 0; index < requests; index += 1) {
    const group = counted.map((world) => sent.at(first + index, world));
    const starts = group.map(sentAtUs);
    const isMetAlike =
      group.every(
        (request) => isAnswered(request) && request.isExpected && request.status === group[0]?.status,
      ) && Math.max(...starts) - Math.min(...starts) <= spreadUs;
    if (!isMetAlike || group.length === 0) continue;
    isPaired[index] = 1;
    paired += 1;
    for (const [place, world] of counted.entries())
      logs[world] = (logs[world] as number) + Math.log(Math.max(1, group[place]?.durationUs ?? 1));
  }
  return {
    isPaired: (request) => isPaired[request - first] === 1,
    worlds: worlds.map(({ isLeftOut }, world) =>
      isLeftOut || paired === 0
        ? null
        : { requests: paired, leftOut: requests - paired, meanLogUs: (logs[world] as number) / paired },
    ),
  };
}
