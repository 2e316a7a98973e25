import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong in it. Each says of which board or query, by a part of its title or of its text. */
export type PlantedFaults = {
  readonly refusedBoard?: string;
  readonly failingQuery?: string;
  readonly emptyQuery?: string;
  /** What the page of a board writes to the console as an error. */
  readonly pageError?: string;
  readonly hasNoPrometheus?: boolean;
};

export type LoopbackGrafana = {
  readonly address: string;
  /** What was imported, and what was asked. */
  readonly imported: readonly Readonly<Record<string, unknown>>[];
  readonly asked: readonly { readonly expr: string; readonly interval: string }[];
  readonly authorizations: ReadonlySet<string>;
  readonly close: () => Promise<void>;
};

type Query = { readonly refId: string; readonly expr: string; readonly interval: string };

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? null : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

const frameOf = (values: number) => ({
  schema: {
    fields: [
      { name: 'Time', type: 'time' },
      { name: 'Value', type: 'number' },
    ],
  },
  data: {
    values: [Array.from({ length: values }, (_, index) => index), Array.from({ length: values }, () => 1)],
  },
});

/** Speaks as much of Grafana's API as is asked of it, in the shapes of Grafana 12. It is no Grafana: it draws nothing. */
export async function openLoopbackGrafana(faults: PlantedFaults = {}): Promise<LoopbackGrafana> {
  const imported: Record<string, unknown>[] = [];
  const asked: Query[] = [];
  const authorizations = new Set<string>();
  const resultOf = ({ expr }: Query) => {
    if (faults.failingQuery !== undefined && expr.includes(faults.failingQuery))
      return { status: 400, error: 'bad_data: parse error', frames: [] };
    const isEmpty = faults.emptyQuery !== undefined && expr.includes(faults.emptyQuery);
    return { status: 200, frames: isEmpty ? [] : [frameOf(3)] };
  };
  const answer = (path: string, body: unknown): readonly [status: number, body: unknown] => {
    if (path === '/api/datasources')
      return [
        200,
        [
          { uid: 'loki', type: 'loki', isDefault: true },
          ...(faults.hasNoPrometheus === true ? [] : [{ uid: 'prom', type: 'prometheus' }]),
        ],
      ];
    if (path === '/api/dashboards/db') {
      const { dashboard } = body as { dashboard: Record<string, unknown> };
      if (faults.refusedBoard !== undefined && String(dashboard['title']).includes(faults.refusedBoard))
        return [412, { message: 'A dashboard with the same name exists', status: 'name-exists' }];
      imported.push(dashboard);
      return [200, { status: 'success', uid: dashboard['uid'], version: 1 }];
    }
    if (path === '/api/frontend/settings') return [200, {}];
    const { queries } = body as { queries: readonly Query[] };
    asked.push(...queries);
    const results = Object.fromEntries(queries.map((query) => [query.refId, resultOf(query)]));
    return [Object.values(results).some(({ status }) => status !== 200) ? 400 : 200, { results }];
  };
  const page = `<!doctype html><title>a board</title><link rel="icon" href="data:,"><script>
fetch('/api/frontend/settings').catch((error) => console.error(String(error)));
${faults.pageError === undefined ? '' : `console.error(${JSON.stringify(faults.pageError)});`}</script>`;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://loopback');
    authorizations.add(request.headers.authorization ?? '');
    if (pathname.startsWith('/d/')) return void response.setHeader('content-type', 'text/html').end(page);
    bodyOf(request).then(
      (body) => {
        const [status, answered] = answer(pathname, body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answered));
      },
      () => response.destroy(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    imported,
    asked,
    authorizations,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
