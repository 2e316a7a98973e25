import type { XStatic } from 'typebox/schema';
import { isOfForm } from '../../app/contract/json-form.ts';
import { CommandError } from '../errors.ts';
import { MatchForm, SummariesForm } from './kept-forms.ts';
import { keptPath } from './kept-route.ts';
import type { KeptMatch } from './kept-route.ts';
import type { TraceQuery } from './select-traces.ts';
import type { TraceSummary } from './span.ts';

/** The store of traces of a running `darkroom up`. Rejects with `serviceFailed` when it does not answer. */
export type RunningTraces = {
  readonly startingWith: (prefix: string) => Promise<KeptMatch>;
  readonly list: (query: ListQuery) => Promise<readonly TraceSummary[]>;
};
type ListQuery = Pick<TraceQuery, 'order' | 'limit' | 'name' | 'candidate'>;

const answerLimitMs = 3_000;

export function askRunningTraces(address: string, pid: number): RunningTraces {
  const ask = async <T extends object>(path: string, form: T): Promise<XStatic<T>> => {
    try {
      const response = await fetch(`${address}${keptPath}${path}`, {
        signal: AbortSignal.timeout(answerLimitMs),
      });
      const answer: unknown = response.ok ? await response.json() : null;
      if (!isOfForm(form, answer)) throw new TypeError(`somebody else is at ${address}`);
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
    startingWith: (prefix) => ask(`/${prefix}`, MatchForm),
    list: ({ order, limit, name, candidate }) => {
      const parameters = new URLSearchParams({ order, limit: String(limit) });
      if (name !== undefined) parameters.set('name', name);
      if (candidate !== undefined) parameters.set('candidate', candidate);
      return ask(`?${parameters.toString()}`, SummariesForm);
    },
  };
}
