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
  const ask = async (path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> => {
    try {
      const response = await fetch(`${address}${path}?${new URLSearchParams(parameters).toString()}`, {
        signal: AbortSignal.timeout(answerLimitMs),
      });
      const body = (await response.json()) as { status?: unknown; data?: unknown; error?: unknown };
      if (body.status === 'success') return body.data;
      throw new RangeError(String(body.error));
    } catch (error) {
      throw new DarkroomError('STORAGE_UNAVAILABLE', 'Prometheus does not answer.', { cause: error });
    }
  };
  return {
    async range(expr, grid) {
      const parameters = { query: expr, start: String(grid.from), end: String(grid.to), step: '1' };
      const { result } = (await ask('/api/v1/query_range', parameters)) as { result: readonly RawSeries[] };
      return result.map(({ metric, values }) => ({ labels: metric, values: onGrid(values, grid) }));
    },
    async alerts() {
      const { alerts } = (await ask('/api/v1/alerts', {})) as { alerts: readonly FiringAlert[] };
      return alerts;
    },
  };
}

function onGrid(points: readonly (readonly [number, string])[], { from, to }: Grid): (number | null)[] {
  const values: (number | null)[] = Array.from({ length: to - from + 1 }, () => null);
  for (const [seconds, text] of points) {
    const value = Number(text);
    if (Number.isFinite(value)) values[Math.round(seconds) - from] = value;
  }
  return values;
}
