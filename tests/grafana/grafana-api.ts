/** A query of a panel, as the API takes it. */
export type AskedQuery = {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly expr: string;
  readonly format: string;
  readonly instant: boolean;
  readonly range: boolean;
  readonly interval: string;
  readonly intervalMs: number;
  readonly maxDataPoints: number;
};

/** What one query was answered: how many values, or what went wrong. */
export type QueryAnswer = { readonly values: number; readonly error: string | null };

export type GrafanaApi = {
  /** The uid of its Prometheus: the default one, or the first. Rejects where it has none. */
  readonly findPrometheus: () => Promise<string>;
  /** Imports a board over one of the same uid. Rejects with what Grafana says. */
  readonly importBoard: (board: Readonly<Record<string, unknown>>) => Promise<void>;
  /** The answer of each query, by its letter. */
  readonly ask: (queries: readonly AskedQuery[]) => Promise<ReadonlyMap<string, QueryAnswer>>;
};

type DataSource = { readonly uid: string; readonly type: string; readonly isDefault?: boolean };
type Frame = { readonly data?: { readonly values?: readonly (readonly unknown[])[] } };
type Result = { readonly error?: string; readonly frames?: readonly Frame[] };

const askLimitMs = 30_000;
const range = { from: 'now-15m', to: 'now' } as const;

/** What says who asks, by the name and the password that stand in the address. */
export function authorizationOf(address: string): { readonly authorization?: string } {
  const { username, password } = new URL(address);
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return username === '' ? {} : { authorization: `Basic ${basic.toString('base64')}` };
}

/** Grafana's HTTP API, as of version 10 and later. A name and a password stand in the address. */
export function createGrafanaApi(address: string): GrafanaApi {
  const { origin } = new URL(address);
  const headers = { 'content-type': 'application/json', ...authorizationOf(address) };
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(origin + path, {
      method,
      headers,
      signal: AbortSignal.timeout(askLimitMs),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    // A query that fails is told in the body, with a status of its own.
    if (!response.ok && !path.startsWith('/api/ds/query'))
      throw new RangeError(`${method} ${path} was answered ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  };
  return {
    async findPrometheus() {
      const sources = (await call('GET', '/api/datasources')) as readonly DataSource[];
      const known = sources.filter(({ type }) => type === 'prometheus');
      const found = known.find(({ isDefault }) => isDefault === true) ?? known[0];
      if (found === undefined) throw new RangeError('this Grafana has no Prometheus as a data source');
      return found.uid;
    },
    async importBoard(board) {
      const dashboard = { ...board, id: null };
      await call('POST', '/api/dashboards/db', { dashboard, overwrite: true, message: 'test:grafana' });
    },
    async ask(queries) {
      const { results = {}, message } = (await call('POST', '/api/ds/query', { ...range, queries })) as {
        readonly results?: Readonly<Record<string, Result>>;
        readonly message?: string;
      };
      return new Map(
        queries.map(({ refId }) => [refId, answerOf(results[refId], message ?? 'there is no answer')]),
      );
    },
  };
}

function answerOf(result: Result | undefined, otherwise: string): QueryAnswer {
  if (result === undefined) return { values: 0, error: otherwise };
  // The first field of a frame is its time.
  const values = (result.frames ?? []).reduce((sum, { data }) => sum + (data?.values?.[0]?.length ?? 0), 0);
  return { values, error: result.error ?? null };
}
