import { join } from 'node:path';
import { startProcess } from '../stack/supervised-process.ts';
import type { StackContext } from '../stack/stack-context.ts';

/** The first rate that is tried, requests per second; each further one is half as much again. */
const firstRate = 60;
const stepFactor = 1.5;
/** Up to some 1,500 a second: each takes a quarter of a minute. */
const stepsMax = 9;
const measureSeconds = 5;

/** The highest rate of those tried that a candidate carried, null: not even the first; and the first one that it did not, null: it carried all. */
export type FoundLimit =
  | { readonly carried: number | null; readonly notCarried: number }
  | { readonly carried: number; readonly notCarried: null };

/** Asks a candidate for more and more until requests fail or arrivals are dropped. A rate that fails is tried twice: once is chance. */
export async function findLimit(
  context: StackContext,
  checkout: string,
  candidate: string,
): Promise<FoundLimit> {
  let carried: number | null = null;
  let rate = firstRate;
  for (let step = 0; ; step += 1) {
    const isCarried =
      (await carries(context, checkout, candidate, rate)) ||
      (await carries(context, checkout, candidate, rate));
    context.report(`${candidate} ${isCarried ? 'carries' : 'does not carry'} ${rate} requests/s`);
    // What was stopped has found nothing.
    context.signal.throwIfAborted();
    if (!isCarried) return { carried, notCarried: rate };
    carried = rate;
    if (step === stepsMax - 1) return { carried, notCarried: null };
    rate = Math.round(rate * stepFactor);
  }
}

async function carries(
  context: StackContext,
  checkout: string,
  candidate: string,
  rate: number,
): Promise<boolean> {
  const given = { candidate, rate, duration: measureSeconds, replicas: 1, telemetry: 'metrics' };
  const options = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = await startProcess(context, {
    name: 'page-load',
    command: process.execPath,
    args: [join(checkout, 'darkroom'), 'load', 'metadata-pages', ...options],
    cwd: checkout,
    env: { ...context.environment.ofTools, DARKROOM_CACHE_DIR: context.paths.cache },
    stopSignal: 'SIGINT',
  });
  const end = (): void => {
    child.stop().catch(() => {});
  };
  context.signal.addEventListener('abort', end, { once: true });
  const { code } = await child.exited;
  context.signal.removeEventListener('abort', end);
  return code === 0;
}
