import type { StackContext } from '../stack/stack-context.ts';
import { runDarkroom } from './run-darkroom.ts';

/** The first rate that is tried, requests per second; each further one is half as much again. */
const firstRate = 60;
const stepFactor = 1.5;
/** Up to some 1,500 a second: each takes a quarter of a minute. */
const stepsMax = 9;
/** Between a rate that was carried and one that was not, others are tried until they are no farther apart. */
const closeEnough = 1.1;
const measureSeconds = 5;

/** The highest rate of those tried that a candidate carried, null: not even the first; and the first one that it did not, null: it carried all. */
export type FoundLimit =
  | { readonly carried: number | null; readonly notCarried: number }
  | { readonly carried: number; readonly notCarried: null };

/**
 * Asks a candidate for more and more until requests fail or arrivals are dropped, and then for rates between the last two. A rate
 * that fails is tried twice: once is chance.
 */
export async function findLimit(
  context: StackContext,
  checkout: string,
  candidate: string,
): Promise<FoundLimit> {
  const isCarried = async (rate: number): Promise<boolean> => {
    const answer =
      (await carries(context, checkout, candidate, rate)) ||
      (await carries(context, checkout, candidate, rate));
    context.report(`${candidate} ${answer ? 'carries' : 'does not carry'} ${rate} requests/s`);
    // What was stopped has found nothing.
    context.signal.throwIfAborted();
    return answer;
  };
  return searchLimit(isCarried);
}

/** Steps that grow, until one is not carried; then the middle of what is left. */
export async function searchLimit(isCarried: (rate: number) => Promise<boolean>): Promise<FoundLimit> {
  let carried: number | null = null;
  let rate = firstRate;
  for (let step = 0; await isCarried(rate); step += 1) {
    carried = rate;
    if (step === stepsMax - 1) return { carried, notCarried: null };
    rate = Math.round(rate * stepFactor);
  }
  return carried === null ? { carried, notCarried: rate } : narrow(isCarried, carried, rate);
}

async function narrow(
  isCarried: (rate: number) => Promise<boolean>,
  carried: number,
  notCarried: number,
): Promise<FoundLimit> {
  if (notCarried <= carried * closeEnough) return { carried, notCarried };
  const middle = Math.round(Math.sqrt(carried * notCarried));
  return (await isCarried(middle))
    ? narrow(isCarried, middle, notCarried)
    : narrow(isCarried, carried, middle);
}

async function carries(
  context: StackContext,
  checkout: string,
  candidate: string,
  rate: number,
): Promise<boolean> {
  const given = { candidate, rate, duration: measureSeconds, replicas: 1, telemetry: 'metrics' };
  const options = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { code } = await runDarkroom(context, checkout, ['load', 'metadata-pages', ...options]);
  return code === 0;
}
