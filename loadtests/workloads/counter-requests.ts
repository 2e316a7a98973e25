import { drawsOf, randomAt, streams } from './counter-random.ts';
import { skew } from './request-tables.ts';
import { createZipf } from './zipf.ts';

/**
 * The share of adds that are sent once more with the same token and generation time, as by a client that got
 * no answer to the first.
 */
const retriedShare = 0.05;
/** The share of adds that take one away, as somebody does who takes a like back. */
const takenBackShare = 0.1;

export type CountOperation = 'addCount' | 'addAndGetCount' | 'getCount' | 'clearCount';

/** What a request of a counter has beside its viewer. */
export type CountRequest = {
  readonly params: { readonly counter: number };
  readonly delta?: number;
  readonly token?: string;
  readonly isSentAgain?: boolean;
};

/**
 * Draws what a request counts. There are as many counters as photos, and the hottest of 5,000 takes one request in nine. A clear takes
 * one of the colder half: what everybody looks at is not cleared.
 */
export function createCountRequests({ seed, photos }: { readonly seed: number; readonly photos: number }) {
  const rankOf = createZipf(photos, skew.counters);
  const colder = Math.ceil(photos / 2);
  const clearedAt = (pass: number, index: number): number =>
    photos - Math.floor(randomAt(seed, pass, streams.counter, index) * colder);

  return (operation: CountOperation, pass: number, index: number): CountRequest => {
    if (operation === 'clearCount') return { params: { counter: clearedAt(pass, index) } };
    const params = { counter: rankOf(drawsOf(seed, pass, streams.counter, index)) };
    if (operation === 'getCount') return { params };
    const isTakenBack = randomAt(seed, pass, streams.delta, index) < takenBackShare;
    const isSentAgain = randomAt(seed, pass, streams.retries, index) < retriedShare;
    return {
      params,
      delta: isTakenBack ? -1 : 1,
      token: `${seed}-${pass}-${index}`,
      ...(isSentAgain ? { isSentAgain } : {}),
    };
  };
}
