import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request as send } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EdgeOutcome } from '../../app/contract/edge-metrics.ts';
import { createRequestLog } from '../../app/edge/request-log.ts';
import type { EdgeRequest } from '../../app/edge/edge-events.ts';
import { edgeConfiguration, startVarnish } from '../../app/edge/varnish-server.ts';
import type { VarnishServer } from '../../app/edge/varnish-server.ts';
import { varnishIn } from '../../app/edge/varnish-program.ts';
import { createSystemClock } from '../../app/clock.ts';
import { CommandError } from '../../cli/errors.ts';
import { provideVarnish } from '../../cli/stack/varnish-binary.ts';
import { createStackContext } from '../../cli/worlds/workbench.ts';
import { waitUntil } from './wait-until.ts';

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Of the edge's member of `Cache-Status`. */
  readonly outcome: 'hit' | 'other';
};
export type AskOptions = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};
export type OriginHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A Varnish as an edge runs it, in front of an origin that a test plays. */
export type EdgeUnderTest = {
  readonly address: string;
  readonly server: VarnishServer;
  /** What its log of requests said so far. */
  readonly requests: readonly EdgeRequest[];
  readonly purged: readonly number[];
  /** Pages that lacked an acknowledged write, by who answered. */
  readonly outdated: readonly EdgeOutcome[];
  ask(path: string, options?: AskOptions): Promise<Answer>;
  /** Resolves when its log has told of all that was answered. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

export type TestVarnish = { readonly folder: string } | { readonly lacking: string };

/** The folder of a Varnish, empty for one that is installed; or why there is none, for tests that are then skipped. */
export async function findTestVarnish(): Promise<TestVarnish> {
  try {
    const context = createStackContext({
      checkout: join(import.meta.dirname, '..', '..'),
      clock: createSystemClock(),
      signal: AbortSignal.timeout(120_000),
      report: () => {},
    });
    return await provideVarnish(context);
  } catch (error) {
    if (error instanceof CommandError && error.reason === 'cannotProvision')
      return { lacking: `there is no Varnish: ${error.message}` };
    throw error;
  }
}

const keptMs = 600_000;

/** The origin's address: several may share it. */
export async function startOrigin(
  handle: OriginHandler,
): Promise<{ readonly address: string; close(): Promise<void> }> {
  // An edge keeps connections; none may end just as it is asked for something.
  const origin = createServer({ keepAliveTimeout: keptMs }, (request, response) => {
    Promise.resolve(handle(request, response)).catch((error: unknown) => response.destroy(error as Error));
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  return {
    address: `http://127.0.0.1:${(origin.address() as AddressInfo).port}`,
    async close() {
      origin.closeAllConnections();
      origin.close();
      await once(origin, 'close');
    },
  };
}

export type EdgeOptions = {
  readonly edgeMemoryBytes?: number;
  /** Absent: any. */
  readonly port?: number;
  /** Changes what the edge does. Absent: it does what every edge does. */
  readonly alter?: (vcl: string) => string;
};

export async function startEdgeUnderTest(
  varnishFolder: string,
  origins: readonly string[],
  { edgeMemoryBytes = 16 * 2 ** 20, port = 0, alter = (vcl) => vcl }: EdgeOptions = {},
): Promise<EdgeUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-edge-test-'));
  const configuration = join(folder, 'altered.vcl');
  await writeFile(configuration, alter(await readFile(edgeConfiguration, 'utf8')));
  const requests: EdgeRequest[] = [];
  const purged: number[] = [];
  const outdated: EdgeOutcome[] = [];
  const log = createRequestLog({
    answered: (request) => void requests.push(request),
    purged: (objects) => void purged.push(objects),
    outdated: (outcome) => void outdated.push(outcome),
  });
  const server = await startVarnish({
    program: varnishIn(varnishFolder),
    settings: { edgeMemoryBytes },
    place: { folder, host: '127.0.0.1', port },
    onLog: log.take,
    configuration,
  });
  await server.useReplicas(origins);
  const address = `http://127.0.0.1:${server.port}`;
  return {
    address,
    server,
    requests,
    purged,
    outdated,
    async settled() {
      const mark = crypto.randomUUID();
      const isRead = log.untilMark(mark);
      await server.mark(mark);
      await isRead;
    },
    ask: (path, options) => askEdge(`${address}${path}`, options),
    async close() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Node's fetch adds headers of its own, and takes some away. */
export async function askEdge(
  url: string,
  { method = 'GET', headers = {}, body }: AskOptions = {},
): Promise<Answer> {
  const request = send(url, { method, headers, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const bytes = await buffer(response);
  const status = response.headers['cache-status'];
  assert.ok(status === undefined || typeof status === 'string' || Array.isArray(status));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: bytes.toString(),
    outcome: /(^|, )edge; hit/.test([status].flat().join(', ')) ? 'hit' : 'other',
  };
}

/** Resolves when what an answer said of its lifetime is over: its edge counts in whole seconds. */
export async function untilStale(edge: EdgeUnderTest, path: string): Promise<void> {
  await waitUntil(async () => {
    const { outcome, headers } = await edge.ask(path);
    return outcome !== 'hit' || /ttl=-\d/.test(String(headers['cache-status']));
  });
}
