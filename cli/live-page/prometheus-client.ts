import { DarkroomError } from '../../app/errors.ts';

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

/** Asks one Prometheus, within bounds. Rejects with STORAGE_UNAVAILABLE when it does not answer, or not in its own form. */
export type PrometheusClient = {
  readonly range: (expr: string, grid: Grid) => Promise<readonly GridSeries[]>;
  readonly alerts: () => Promise<readonly FiringAlert[]>;
};

const answerLimitMs = 3_000;

type RawSeries = {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
};

export function createPrometheusClient(address: string): PrometheusClient {
  const ask = async <T>(
    path: string,
    parameters: Readonly<Record<string, string>>,
    parse: (data: unknown) => T,
  ): Promise<T> => {
    try {
      const response = await fetch(`${address}${path}?${new URLSearchParams(parameters).toString()}`, {
        signal: AbortSignal.timeout(answerLimitMs),
      });
      const body = (await response.json()) as { status?: unknown; data?: unknown; error?: unknown };
      if (body.status === 'success') return parse(body.data);
      throw new RangeError(String(body.error));
    } catch (error) {
      throw new DarkroomError('STORAGE_UNAVAILABLE', 'Prometheus does not answer.', { cause: error });
    }
  };
  return {
    async range(expr, grid) {
      const parameters = { query: expr, start: String(grid.from), end: String(grid.to), step: '1' };
      return ask('/api/v1/query_range', parameters, (data) =>
        (data as { readonly result: readonly RawSeries[] }).result.map(({ metric, values }) => ({
          labels: metric,
          values: onGrid(values, grid),
        })),
      );
    },
    alerts: async () =>
      ask('/api/v1/alerts', {}, (data) =>
        (data as { readonly alerts: readonly FiringAlert[] }).alerts.map(
          ({ labels, annotations, state, activeAt }) => ({ labels, annotations, state, activeAt }),
        ),
      ),
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
