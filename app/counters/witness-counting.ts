import { headers } from '../contract/headers.ts';
import { counterOperations, pathOf } from '../contract/operations.ts';
import { DarkroomError } from '../errors.ts';

/** The namespace whose counters follow the mode of the candidate, in lab mode. */
const namespace = 'lab';
/** Any seeded person: what is counted in the lab belongs to nobody. */
const viewerId = 1;
const answerLimitMs = 5_000;

/** An add of one, as it is sent, and sent once more. */
export type CountedAdd = {
  readonly counter: string;
  readonly token: string;
  readonly generationTimeMs: number;
};

async function ask(url: string, request: RequestInit, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, {
    ...request,
    headers: { [headers.viewer]: String(viewerId), 'Content-Type': 'application/json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]),
  });
  const body: unknown = await response.json();
  if (response.ok) return body;
  throw new DarkroomError('INTERNAL', `${request.method} ${url} was answered with ${response.status}.`);
}

/** Resolves when the add is acknowledged. Throws where it is not. */
export async function addOne(service: string, add: CountedAdd, signal: AbortSignal): Promise<void> {
  const { method, route } = counterOperations.addCount;
  const { counter, token, generationTimeMs } = add;
  const idempotencyToken = { token, generationTime: new Date(generationTimeMs).toISOString() };
  const url = service + pathOf(route, { namespace, counter });
  await ask(url, { method, body: JSON.stringify({ delta: 1, idempotencyToken }) }, signal);
}

/** What a replica says that a counter stands at. Throws where there is no answer. */
export async function readCount(service: string, counter: string, signal: AbortSignal): Promise<number> {
  const { method, route } = counterOperations.getCount;
  const url = service + pathOf(route, { namespace, counter });
  const body = await ask(url, { method }, signal);
  if (typeof body === 'object' && body !== null && 'count' in body && typeof body.count === 'number')
    return body.count;
  throw new DarkroomError('INTERNAL', `${method} ${url} was answered without a count.`);
}
