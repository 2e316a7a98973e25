import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { operations, pathOf } from '../app/contract/operations.ts';
import { readEnvironment } from '../cli/environment.ts';
import { provideK6 } from '../cli/stack/k6-binary.ts';
import { resolvePaths } from '../cli/stack/stack-paths.ts';
import { requestCount } from '../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../loadtests/workloads/run-settings.ts';
import { createWorkload } from '../loadtests/workloads/workload.ts';
import type { PlannedRequest } from '../loadtests/workloads/workload.ts';

const checkout = join(import.meta.dirname, '..');
const scenario = join(checkout, 'loadtests', 'scenarios', 'feed-browsing.ts');
const environment = readEnvironment();
const folder = mkdtempSync(join(tmpdir(), 'darkroom-k6-test-'));
let k6 = '';

before(async () => {
  const paths = resolvePaths(checkout, environment);
  const signal = new AbortController().signal;
  k6 = (await provideK6({ paths, environment, report: () => {}, signal })).path;
});
after(() => rmSync(folder, { recursive: true, force: true }));

type Ended = { readonly status: number; readonly output: string };

/** Runs k6 to its end; a status other than 0 is told, not thrown. */
async function runK6(args: readonly string[], config: object): Promise<Ended> {
  const env = {
    ...environment.inherited,
    DARKROOM_CONFIG: JSON.stringify(config),
    K6_NO_USAGE_REPORT: 'true',
    K6_AUTO_EXTENSION_RESOLUTION: 'false',
    NO_PROXY: '*',
  };
  try {
    const { stdout, stderr } = await promisify(execFile)(k6, ['run', '--quiet', ...args], {
      cwd: folder,
      env,
      timeout: 60_000,
    });
    return { status: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, output: stdout + stderr };
  }
}

test('k6 plans the same requests as Node', async () => {
  const size = { seed: 3, people: 500, photos: 5_000, mix: 'social-default' };
  const count = 3_000;
  const script = join(folder, 'plan.js');
  const result = join(folder, 'plan.json');
  writeFileSync(
    script,
    `import { createWorkload } from '${join(checkout, 'loadtests/workloads/workload.ts')}';
     import { plannedStartMs } from '${join(checkout, 'loadtests/workloads/arrivals.ts')}';
     export const options = { vus: 1, iterations: 1 };
     export default function () {}
     export function handleSummary() {
       const workload = createWorkload(${JSON.stringify(size)});
       const requests = Array.from({ length: ${count} }, (_, index) => workload.requestAt(2, index));
       const starts = requests.map((_, index) => plannedStartMs('poisson', 3, 2, index, 150));
       return { '${result}': JSON.stringify({ requests, starts }) };
     }`,
  );
  const { status, output } = await runK6([script], {});
  assert.equal(status, 0, output);
  const { requests, starts } = JSON.parse(readFileSync(result, 'utf8')) as {
    requests: PlannedRequest[];
    starts: number[];
  };
  const workload = createWorkload({ ...size, mix: 'social-default' });
  assert.deepEqual(
    requests,
    Array.from({ length: count }, (_, index) => workload.requestAt(2, index)),
  );
  const { plannedStartMs } = await import('../loadtests/workloads/arrivals.ts');
  assert.deepEqual(
    starts,
    starts.map((_, index) => plannedStartMs('poisson', 3, 2, index, 150)),
  );
});

type Received = {
  readonly replica: number;
  readonly method: string;
  readonly url: string;
  readonly viewer: string;
  readonly body: string;
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

/** Two replicas that keep what they are sent and answer with `statusOf`. */
async function startReplicas(statusOf: (request: IncomingMessage) => number) {
  const received: Received[] = [];
  const traces = new Set<string>();
  const servers = [0, 1].map((replica) =>
    createServer((request, response) => {
      bodyOf(request).then((body) => {
        const { method = '', url = '', headers } = request;
        received.push({ replica, method, url, viewer: String(headers['darkroom-viewer']), body });
        traces.add(String(headers['traceparent']));
        response.writeHead(statusOf(request)).end();
      }, assert.fail);
    }).listen(0, '127.0.0.1'),
  );
  await Promise.all(servers.map(async (server) => server.listening || once(server, 'listening')));
  const close = () => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  return {
    received,
    traces,
    targets: servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    close,
  };
}

const settings: Omit<RunSettings, 'targets'> = {
  seed: 1,
  people: 100,
  photos: 200,
  mix: 'social-default',
  pass: 2,
  ratePerSecond: 100,
  arrivals: 'poisson',
  settleSeconds: 1,
  measureSeconds: 2,
};

function expected({ operation, viewerId, params }: PlannedRequest, index: number): string {
  const { method, route } = operations[operation];
  return [index % 2, method, pathOf(route, params), viewerId].join(' ');
}

const described = ({ replica, method, url, viewer }: Received): string =>
  [replica, method, url, viewer].join(' ');

test('the scenario sends exactly the planned requests, alternating over the replicas', async () => {
  const replicas = await startReplicas(() => 200);
  try {
    const run = { ...settings, targets: replicas.targets };
    const { status, output } = await runK6([scenario], run);
    assert.equal(status, 0, output);
    const workload = createWorkload(settings);
    const plan = Array.from({ length: requestCount(run) }, (_, index) =>
      workload.requestAt(settings.pass, index),
    );
    assert.deepEqual(replicas.received.map(described).sort(), plan.map(expected).sort());
    assert.equal(replicas.traces.size, plan.length, 'each request has a trace of its own');
    for (const trace of replicas.traces)
      assert.match(trace, /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/);
  } finally {
    replicas.close();
  }
});

test('every operation goes out with the body that its route takes', async () => {
  const photo = { photoId: 7 };
  const person = { userId: 9 };
  const all: PlannedRequest[] = Object.entries(operations).map(([name, { route }]) => ({
    operation: name as PlannedRequest['operation'],
    viewerId: 9,
    params: route.includes(':photoId') ? photo : person,
    text: `text of ${name}`,
    sample: 1,
  }));
  const replicas = await startReplicas(() => 200);
  try {
    const planFile = join(folder, 'all.json');
    writeFileSync(planFile, JSON.stringify(all));
    const run = {
      ...settings,
      targets: replicas.targets,
      ratePerSecond: all.length,
      settleSeconds: 0,
      measureSeconds: 1,
      planFile,
    };
    const { status, output } = await runK6([scenario], run);
    assert.equal(status, 0, output);
    assert.deepEqual(replicas.received.map(described).sort(), all.map(expected).sort());
    const sent = (method: string, part: string): string =>
      replicas.received.find((request) => request.method === method && request.url.includes(part))?.body ??
      '';
    assert.deepEqual(JSON.parse(sent('POST', '/comments')), { comment: 'text of comment' });
    assert.deepEqual(JSON.parse(sent('PATCH', '/photos/7')), { caption: 'text of editCaption' });
    const upload = sent('POST', '/posts');
    assert.ok(
      upload.includes(readFileSync(join(checkout, 'loadtests/media/sample-2.jpg')).toString('latin1')),
      'the file as it is',
    );
    assert.match(upload, /name="caption"\r\n\r\ntext of post\r\n/);
    assert.match(upload, /name="file"; filename="[^"]+"\r\nContent-Type: image\/jpeg\r\n/);
    for (const { method, body } of replicas.received)
      if (method === 'GET' || method === 'DELETE') assert.equal(body, '');
  } finally {
    replicas.close();
  }
});

test('a photo that is gone is a right answer; a feed or a person that is gone is an error', async () => {
  const run = { ...settings, settleSeconds: 0, measureSeconds: 1 };
  const answered = async (statusOf: (url: string) => number): Promise<number> => {
    const replicas = await startReplicas(({ url = '' }) => statusOf(url));
    try {
      return (await runK6([scenario], { ...run, targets: replicas.targets })).status;
    } finally {
      replicas.close();
    }
  };
  const thresholdsCrossed = 99;
  assert.equal(await answered((url) => (url.startsWith('/photos/') ? 404 : 200)), 0);
  assert.equal(await answered((url) => (url.startsWith('/users/') ? 404 : 200)), thresholdsCrossed);
  assert.equal(await answered(() => 500), thresholdsCrossed);
});

test('load goes to this machine only', async () => {
  const { status, output } = await runK6([scenario], { ...settings, targets: ['http://192.0.2.1:4000'] });
  const failedAtInit = 107;
  assert.equal(status, failedAtInit, output);
  assert.match(output, /load goes to this machine only, not to http:\/\/192\.0\.2\.1:4000/);
});
