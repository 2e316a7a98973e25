/** A series of a range: second by second, as texts. */
export type AskedSeries = {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [second: number, value: string])[];
};
export type Answer = {
  readonly status: string;
  readonly error?: string;
  readonly result: readonly AskedSeries[];
};

/** An observation that names its trace, with the labels of the series that it is of. */
export type AskedExemplar = {
  readonly traceId: string;
  readonly value: number;
  readonly series: Readonly<Record<string, string>>;
};

/** A rule as Prometheus has loaded it. */
export type LoadedRule = {
  readonly name: string;
  readonly type: 'alerting' | 'recording';
  readonly health: string;
  readonly lastError?: string;
};

export type PrometheusQuestions = ReturnType<typeof createPrometheusQuestions>;

const attemptsMax = 5;

/**
 * How far back questions look: on a busy machine it takes minutes until what a test looks for has happened.
 */
const lookBackSeconds = 600;

/**
 * What tests ask a Prometheus that has run since `sinceMs`: about the last minutes, second by second, since
 * what they look for may last no longer. Questions begin with its start: seconds before it would cost as much
 * as others.
 */
export function createPrometheusQuestions(address: string, sinceMs: number) {
  const get = async <T>(
    path: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<{ status: string; error?: string; data?: T }> => {
    const query = new URLSearchParams(parameters);
    const response = await fetch(`${address}/api/v1/${path}?${query.toString()}`);
    return (await response.json()) as { status: string; error?: string; data?: T };
  };
  const span = (seconds = lookBackSeconds): { start: string; end: string } => {
    const end = Math.floor(Date.now() / 1000);
    const start = Math.max(Math.floor(sinceMs / 1000), end - seconds);
    return { start: String(start), end: String(end) };
  };

  /** On a machine that is busy, Prometheus may give a query up that takes it a second otherwise. */
  const getInTime = async (query: string, seconds?: number) => {
    const asked = { query, step: '1', ...span(seconds) };
    for (let attempt = 1; ; attempt += 1) {
      const answer = await get<{ result: AskedSeries[] }>('query_range', asked);
      if (attempt === attemptsMax || answer.error?.includes('timed out') !== true) return answer;
    }
  };

  const ask = async (query: string, seconds?: number): Promise<Answer> => {
    const { status, error, data } = await getInTime(query, seconds);
    return { status, ...(error !== undefined && { error }), result: data?.result ?? [] };
  };
  return {
    ask,
    /** Whether there was such a series at any time, or within the last seconds. */
    has: async (query: string, seconds?: number): Promise<boolean> =>
      (await ask(query, seconds)).result.length > 0,
    /** Whether there is one now. */
    hasNow: async (query: string): Promise<boolean> => {
      const { data } = await get<{ result: unknown[] }>('query', { query });
      return (data?.result.length ?? 0) > 0;
    },
    labelValues: async (label: string, selector: string): Promise<readonly string[]> =>
      (await get<string[]>(`label/${label}/values`, { 'match[]': selector, ...span() })).data ?? [],
    rules: async (): Promise<readonly LoadedRule[]> =>
      (await get<{ groups: { rules: LoadedRule[] }[] }>('rules', {})).data?.groups.flatMap(
        (group) => group.rules,
      ) ?? [],
    exemplars: async (selector: string, seconds: number): Promise<readonly AskedExemplar[]> => {
      type Found = {
        seriesLabels: Record<string, string>;
        exemplars: { labels: { trace_id: string }; value: string }[];
      };
      const { data = [] } = await get<Found[]>('query_exemplars', { query: selector, ...span(seconds) });
      return data.flatMap(({ seriesLabels, exemplars }) =>
        exemplars.map(({ labels, value }) => ({
          traceId: labels.trace_id,
          value: Number(value),
          series: seriesLabels,
        })),
      );
    },
  };
}
