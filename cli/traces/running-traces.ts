import Type from 'typebox';
import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import { CommandError } from '../errors.ts';
import { keptPath } from './kept-route.ts';
import type { KeptMatch } from './kept-route.ts';
import type { TraceQuery } from './select-traces.ts';
import type { KeptSpan, TraceSummary } from './span.ts';

/** The store of traces of a running `darkroom up`. Rejects with `serviceFailed` when it does not answer. */
export type RunningTraces = {
  readonly startingWith: (prefix: string) => Promise<KeptMatch>;
  readonly list: (query: ListQuery) => Promise<readonly TraceSummary[]>;
};
type ListQuery = Pick<TraceQuery, 'order' | 'limit' | 'name' | 'candidate'>;

const answerLimitMs = 3_000;

const Summaries = Type.Array(
  Type.Object({
    traceId: Type.String(),
    name: Type.String(),
    durationMs: Type.Number(),
    startMs: Type.Number(),
    candidate: Type.String(),
    replica: Type.String(),
    spans: Type.Integer(),
  }),
);
const Match = Type.Object({
  count: Type.Integer(),
  traceIds: Type.Array(Type.String()),
  spans: Type.Array(Type.Object({ traceId: Type.String(), spanId: Type.String(), startMs: Type.Number() })),
});

export function askRunningTraces(address: string, pid: number): RunningTraces {
  const ask = async <T extends TSchema>(path: string, form: T): Promise<Static<T>> => {
    try {
      const response = await fetch(`${address}${keptPath}${path}`, {
        signal: AbortSignal.timeout(answerLimitMs),
      });
      const answer: unknown = response.ok ? await response.json() : null;
      if (!Value.Check(form, answer)) throw new TypeError(`somebody else is at ${address}`);
      return answer;
    } catch (error) {
      const { message, cause } = error as Error;
      const why = cause instanceof Error ? cause.message : message;
      throw new CommandError('serviceFailed', `The darkroom up of process ${pid} does not answer: ${why}.`, {
        remedy: 'Where it was killed, its traces are gone; where it is busy, ask again.',
        cause: error,
      });
    }
  };
  return {
    async startingWith(prefix) {
      const { count, traceIds, spans } = await ask(`/${prefix}`, Match);
      return { count, traceIds, spans: spans as unknown as KeptSpan[] };
    },
    list: ({ order, limit, name, candidate }) => {
      const parameters = new URLSearchParams({ order, limit: String(limit) });
      if (name !== undefined) parameters.set('operation', name);
      if (candidate !== undefined) parameters.set('candidate', candidate);
      return ask(`?${parameters.toString()}`, Summaries);
    },
  };
}
