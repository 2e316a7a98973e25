import type { XStatic } from 'typebox/schema';
import { isOfForm } from '../../app/contract/json-form.ts';
import { CommandError } from '../errors.ts';

/** A series on a grid of whole seconds; null where it has no finite value. */
export type GridSeries = {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (number | null)[];
};

/** Whole seconds since 1970, both ends included. */
export type Grid = { readonly from: number; readonly to: number };

export type FiringAlert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: string;
  readonly activeAt: string;
};

/** Asks one Prometheus, within bounds. Rejects with `serviceFailed` when it does not answer, or not in its own form. */
export type PrometheusClient = {
  readonly range: (expr: string, grid: Grid) => Promise<readonly GridSeries[]>;
  readonly alerts: () => Promise<readonly FiringAlert[]>;
};

/** On a machine that is busy, five minutes of all charts take Prometheus seconds. */
const answerLimitMs = 10_000;
/** Letters of an answer that are quoted when it is none of Prometheus's. */
const wordsMax = 200;

const Texts = { type: 'object', patternProperties: { '^.*$': { type: 'string' } } } as const;
const Range = {
  type: 'object',
  required: ['result'],
  properties: {
    result: {
      type: 'array',
      items: {
        type: 'object',
        required: ['metric', 'values'],
        properties: {
          metric: Texts,
          values: {
            type: 'array',
            items: {
              type: 'array',
              additionalItems: false,
              items: [{ type: 'number' }, { type: 'string' }],
              minItems: 2,
            },
          },
        },
      },
    },
  },
} as const;
const Alerts = {
  type: 'object',
  required: ['alerts'],
  properties: {
    alerts: {
      type: 'array',
      items: {
        type: 'object',
        required: ['labels', 'annotations', 'state', 'activeAt'],
        properties: {
          labels: Texts,
          annotations: Texts,
          state: { type: 'string' },
          activeAt: { type: 'string' },
        },
      },
    },
  },
} as const;

/** Prometheus's frame around the data that it was asked for. */
const Answer = {
  type: 'object',
  required: ['status', 'data'],
  properties: { status: { type: 'string', const: 'success' }, data: {} },
} as const;

export function createPrometheusClient(address: string): PrometheusClient {
  const ask = async <T extends object>(
    path: string,
    parameters: Readonly<Record<string, string>>,
    form: T,
  ): Promise<XStatic<T>> => {
    try {
      const response = await fetch(`${address}${path}?${new URLSearchParams(parameters).toString()}`, {
        signal: AbortSignal.timeout(answerLimitMs),
      });
      const answer: unknown = await response.json();
      if (isOfForm(Answer, answer) && isOfForm(form, answer.data)) return answer.data;
      throw new RangeError(`not in its form: ${JSON.stringify(answer).slice(0, wordsMax)}`);
    } catch (error) {
      throw new CommandError('serviceFailed', 'Prometheus does not answer.', { cause: error });
    }
  };
  return {
    async range(expr, grid) {
      const parameters = { query: expr, start: String(grid.from), end: String(grid.to), step: '1' };
      const { result } = await ask('/api/v1/query_range', parameters, Range);
      return result.map(({ metric, values }) => ({ labels: metric, values: onGrid(values, grid) }));
    },
    alerts: async () => (await ask('/api/v1/alerts', {}, Alerts)).alerts,
  };
}

function onGrid(points: readonly (readonly [number, string])[], { from, to }: Grid): (number | null)[] {
  const values: (number | null)[] = Array.from({ length: to - from + 1 }, () => null);
  for (const [seconds, text] of points) {
    const value = Number(text);
    const index = Math.round(seconds) - from;
    if (Number.isFinite(value) && index >= 0 && index < values.length) values[index] = value;
  }
  return values;
}
