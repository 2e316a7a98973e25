import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { sentOperations } from '../app/contract/operations.ts';
import { readEnvironment } from '../cli/environment.ts';
import { createPlanner } from '../cli/k6/request-plans.ts';
import { readScenario } from '../cli/k6/scenario-script.ts';
import { provideK6 } from '../cli/stack/k6-binary.ts';
import { resolvePaths } from '../cli/stack/stack-paths.ts';
import { displacementWidthMs } from '../loadtests/workloads/arrivals.ts';
import { plannedOperations } from '../loadtests/workloads/operation-mix.ts';
import { pathOfRequest } from '../loadtests/workloads/request-path.ts';
import { arrivalCount, requestCount, singlePass, virtualUsers } from '../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../loadtests/workloads/run-settings.ts';
import { scenarios } from '../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../loadtests/workloads/scenario-list.ts';
import { createSchedule } from '../loadtests/workloads/schedule.ts';
import type { Place } from '../loadtests/workloads/schedule.ts';
import { accountPassword, logInNameOf, wrongPassword } from '../loadtests/workloads/log-in-accounts.ts';
import { secretOfRequest } from '../loadtests/workloads/request-session.ts';
import { sessionSecretOf } from '../loadtests/workloads/session-tokens.ts';
import { traceparentOf } from '../loadtests/workloads/trace-context.ts';
import { createWorkload } from '../loadtests/workloads/workload.ts';
import type { PlannedRequest } from '../loadtests/workloads/workload.ts';

const checkout = join(import.meta.dirname, '..');
const feedBrowsing = join(checkout, 'loadtests', 'scenarios', 'feed-browsing.ts');
const environment = readEnvironment();
const folder = mkdtempSync(join(tmpdir(), 'darkroom-k6-test-'));
/** As the command line gives it to k6: what draws the requests, and what is given a plan of them. */
const [bundled, bundledPlan] = [join(folder, 'feed-browsing.ts'), join(folder, 'run-plan.ts')];
const { ofPlan, drawing, samplesFolder } = readScenario(checkout, 'feed-browsing');
let k6 = '';

before(async () => {
  const paths = resolvePaths(checkout, environment);
  const signal = new AbortController().signal;
  k6 = (await provideK6({ paths, environment, report: () => {}, signal })).path;
  writeFileSync(bundled, drawing());
  writeFileSync(bundledPlan, ofPlan);
});
after(() => rmSync(folder, { recursive: true, force: true }));

type Ended = { readonly status: number; readonly output: string };

/** Runs k6 to its end; a status other than 0 is told, not thrown. */
async function runK6(args: readonly string[], config: object): Promise<Ended> {
  const env = {
    ...environment.ofChildren,
    DARKROOM_CONFIG: JSON.stringify({ ...(args[0]?.startsWith(folder) && { samplesFolder }), ...config }),
    K6_NO_USAGE_REPORT: 'true',
    K6_AUTO_EXTENSION_RESOLUTION: 'false',
  };
  try {
    const { stdout, stderr } = await promisify(execFile)(k6, ['run', '--quiet', ...args], {
      cwd: folder,
      env,
      timeout: 180_000,
    });
    return { status: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, output: stdout + stderr };
  }
}

test('k6 plans the same requests as Node', async () => {
  // The mix with the most to draw.
  const size = { seed: 3, people: 200, photos: 2_000, followers: 'heavy', mix: 'star-spikes' } as const;
  const count = 2_000;
  const run: RunSettings = {
    ...size,
    worlds: [['http://127.0.0.1:1', 'http://127.0.0.1:2'], ['http://127.0.0.1:3'], ['http://127.0.0.1:4']],
    passes: [{ pass: 2, first: 0, requests: count, pauseRequests: 0 }],
    ratePerSecond: 150,
    arrivals: 'poisson',
  };
  const script = join(folder, 'plan.js');
  const result = join(folder, 'plan.json');
  writeFileSync(
    script,
    `import { createWorkload } from '${join(checkout, 'loadtests/workloads/workload.ts')}';
     import { createSchedule } from '${join(checkout, 'loadtests/workloads/schedule.ts')}';
     export const options = { vus: 1, iterations: 1 };
     export default function () {}
     export function handleSummary() {
       const workload = createWorkload(${JSON.stringify(size)});
       const requests = Array.from({ length: ${count} }, (_, index) => workload.requestAt(2, index));
       const schedule = createSchedule(${JSON.stringify(run)});
       const arrivals = requests.map((_, index) => {
         const place = schedule.placeOf(index);
         return { place, startMs: schedule.latticeMs(index) + schedule.displacementMs(place), target: schedule.targetOf(place) };
       });
       return { '${result}': JSON.stringify({ requests, arrivals }) };
     }`,
  );
  const { status, output } = await runK6([script], {});
  assert.equal(status, 0, output);
  const { requests, arrivals } = JSON.parse(readFileSync(result, 'utf8')) as {
    requests: PlannedRequest[];
    arrivals: object[];
  };
  const workload = createWorkload(size);
  assert.deepEqual(
    requests,
    Array.from({ length: count }, (_, index) => workload.requestAt(2, index)),
  );
  const schedule = createSchedule(run);
  assert.deepEqual(
    arrivals,
    arrivals.map((_, index) => {
      const place = schedule.placeOf(index) as Place;
      const startMs = schedule.latticeMs(index) + schedule.displacementMs(place);
      return { place, startMs, target: schedule.targetOf(place) };
    }),
  );
});

type Received = {
  readonly replica: number;
  readonly method: string;
  readonly url: string;
  /** Which session it names, if any. */
  readonly session: string;
  readonly traceparent: string;
  readonly body: string;
  /** Whether it came first on its connection. */
  readonly isFirst: boolean;
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

/** What names the session that is made of this secret. */
const asSession = (secret: string | null): string =>
  secret === null ? 'none' : `Bearer ${hash('sha256', secret, 'base64url')}`;

/** What is asked before the load begins, of each world. */
const isTrial = ({ url = '' }: IncomingMessage): boolean => url === '/users/1/follow-requests';

/** Replicas that keep what they are sent and answer with `statusOf`. Trials are answered alike, and kept apart. */
async function startReplicas(statusOf: (request: IncomingMessage, body: string) => number, count = 2) {
  const received: Received[] = [];
  const trials: Received[] = [];
  const known = new WeakSet<Socket>();
  const servers = Array.from({ length: count }, (_, replica) =>
    createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      const isFirst = !known.has(request.socket);
      known.add(request.socket);
      bodyOf(request).then((body) => {
        const { method = '', url = '', headers } = request;
        const session = headers.authorization ?? 'none';
        (isTrial(request) ? trials : received).push({
          replica,
          method,
          url,
          session,
          traceparent: String(headers['traceparent']),
          body,
          isFirst,
        });
        response.writeHead(statusOf(request, body)).end();
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
    trials,
    targets: servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    close,
  };
}

/** Virtual users cost k6 more than what they send, and each request in a second needs two of them, in every world. */
const ratePerSecond = 20;
const settings: Omit<RunSettings, 'worlds'> = {
  seed: 1,
  people: 100,
  photos: 200,
  followers: 'heavy',
  mix: 'social-default',
  passes: singlePass(2, ratePerSecond, { settleSeconds: 1, measureSeconds: 2 }),
  ratePerSecond,
  arrivals: 'poisson',
};
/** Where it is not looked at when something is sent. */
const closedLoop = { closedLoopUsers: 2 } as const;

/** With the plan that the command line would write. */
const withPlan = (run: RunSettings): RunSettings => ({
  ...run,
  ...createPlanner(createWorkload(run))(run)(folder),
});
const thresholdsCrossed = 99;
/** A busy machine may drop some arrivals: these come later then. */
const spareArrivals = 80;

async function runToTheLast(run: RunSettings, script = bundled): Promise<void> {
  const { status, output } = await runK6([script], run);
  assert.ok(status === 0 || (status === thresholdsCrossed && /dropped_iterations/.test(output)), output);
}

const inOnePass = (requests: number) => [{ pass: 2, first: 0, requests, pauseRequests: 0 }];

/** A log-in whose password is wrong is refused by any service. */
const usualStatus = (_: IncomingMessage, body: string): number => (body.includes(wrongPassword) ? 401 : 200);

/** Of two replicas; one that is sent again goes to the other one, too. */
function expected(request: PlannedRequest, index: number): string[] {
  const { method } = sentOperations[request.operation];
  const session = asSession(secretOfRequest(settings.seed, request));
  const turns = request.isSentAgain === true ? [index, index + 1] : [index];
  return turns.map((turn) => [turn % 2, method, pathOfRequest(request), session].join(' '));
}

const described = ({ replica, method, url, session }: Received): string =>
  [replica, method, url, session].join(' ');

test('the scenario sends exactly the planned requests, alternating over the replicas', async () => {
  const replicas = await startReplicas(() => 200);
  try {
    const run = { ...settings, worlds: [replicas.targets], spareArrivals };
    await runToTheLast(run, feedBrowsing);
    const workload = createWorkload(settings);
    const plan = Array.from({ length: requestCount(run) }, (_, index) => workload.requestAt(2, index));
    assert.deepEqual(replicas.received.map(described).sort(), plan.flatMap(expected).sort());
    const traces = new Set(replicas.received.map(({ traceparent }) => traceparent));
    assert.equal(traces.size, plan.length, 'each request has a trace of its own');
    for (const trace of traces) assert.match(trace, /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/);
  } finally {
    replicas.close();
  }
});

test('a scenario that is given tables instead of a plan sends the same requests', async () => {
  const replicas = await startReplicas(() => 200);
  try {
    const workload = createWorkload(settings);
    const requests = createPlanner(workload, 0)(settings)(folder);
    assert.ok('tablesFile' in requests);
    await runToTheLast({ ...settings, worlds: [replicas.targets], spareArrivals, ...requests });
    const plan = Array.from({ length: requestCount(settings) }, (_, index) => workload.requestAt(2, index));
    assert.deepEqual(replicas.received.map(described).sort(), plan.flatMap(expected).sort());
  } finally {
    replicas.close();
  }
});

test('with several worlds, each planned request reaches each of them once, at the same replica, and nothing else is sent', async () => {
  const replicas = await startReplicas(() => 200, 4);
  try {
    const { targets, received } = replicas;
    const run: RunSettings = {
      ...settings,
      worlds: [targets.slice(0, 2), targets.slice(2)],
      // A request that were sent in a pause would be one too many.
      passes: [
        { pass: 1, first: 0, requests: 60, pauseRequests: 20 },
        { pass: 2, first: 0, requests: 40, pauseRequests: 20 },
        { pass: 3, first: 0, requests: 40, pauseRequests: 20 },
      ],
      spareArrivals,
    };
    await runToTheLast(withPlan(run), bundledPlan);
    const [opening, planned] = [true, false].map((isOpening) =>
      received.filter(({ url }) => (url === '/health/live') === isOpening),
    ) as [Received[], Received[]];

    const schedule = createSchedule(run);
    const workload = createWorkload(run);
    const wanted = Array.from({ length: arrivalCount(run) }, (_, arrival) =>
      schedule.placeOf(arrival),
    ).flatMap((place) => {
      if (place === null) return [];
      const target = schedule.targetOf(place);
      const request = workload.requestAt(place.pass, place.request);
      const { method } = sentOperations[request.operation];
      const session = asSession(secretOfRequest(run.seed, request));
      const asked = [targets.indexOf(target), method, pathOfRequest(request), session].join(' ');
      return [{ asked, traceparent: traceparentOf(run.seed, place, target) }];
    });
    assert.equal(wanted.length, 2 * requestCount(run));
    const named = (asked: string, traceparent: string) => `${traceparent} ${asked}`;
    assert.deepEqual(
      planned.map((request) => named(described(request), request.traceparent)).sort(),
      wanted.map(({ asked, traceparent }) => named(asked, traceparent)).sort(),
    );

    // Connections are opened beforehand: by each virtual user to each replica.
    const users = virtualUsers(run, displacementWidthMs(run.ratePerSecond));
    for (const replica of targets.keys()) {
      const count = opening.filter((request) => request.replica === replica).length;
      assert.ok(count > 0 && count <= users, `${count} connections of ${users} virtual users`);
    }
    assert.ok(opening.every(({ isFirst }) => isFirst));
    assert.deepEqual(planned.filter(({ isFirst }) => isFirst).map(described), []);
  } finally {
    replicas.close();
  }
});

/** What the route of an operation is filled with. */
function paramsOf(operation: PlannedRequest['operation']): Pick<PlannedRequest, 'params' | 'digest'> {
  if (!sentOperations[operation].route.includes(':')) return { params: {} };
  if (operation === 'image') return { params: { rendition: 320 }, digest: 'a'.repeat(64) };
  const { route } = sentOperations[operation];
  if (route.includes(':counter')) return { params: { counter: 5 } };
  if (route.includes('/metadata/'))
    return { params: operation === 'putMetadata' ? { recordId: 4 } : { after: 4 } };
  return { params: route.includes(':photoId') ? { photoId: 7 } : { userId: 9 } };
}

test('every operation goes out with the body that its route takes', async () => {
  const all: PlannedRequest[] = plannedOperations.map((operation) => ({
    operation,
    viewerId: 9,
    ...paramsOf(operation),
    ...(operation === 'logOut' && { session: 3 }),
    text: `text of ${operation}`,
    sample: 1,
    ...(operation === 'addCount' ? { delta: -1, token: 'a token', isSentAgain: true } : {}),
  }));
  const replicas = await startReplicas(usualStatus);
  const beganAtMs = Date.now();
  try {
    const planFile = join(folder, 'all.json');
    writeFileSync(planFile, JSON.stringify(all));
    const run = {
      ...settings,
      worlds: [replicas.targets],
      passes: inOnePass(all.length),
      planFile,
      ...closedLoop,
    };
    const { status, output } = await runK6([bundledPlan], run);
    assert.equal(status, 0, output);
    assert.deepEqual(replicas.received.map(described).sort(), all.flatMap(expected).sort());
    const sent = (method: string, part: string): string =>
      replicas.received.find((request) => request.method === method && request.url.includes(part))?.body ??
      '';
    assert.deepEqual(JSON.parse(sent('POST', '/comments')), { comment: 'text of comment' });
    assert.deepEqual(JSON.parse(sent('PATCH', '/photos/7')), { caption: 'text of editCaption' });
    const added = replicas.received.filter(({ url }) => url === '/counters/lab/5/add');
    assert.deepEqual(
      new Set(added.map(({ replica }) => replica)),
      new Set([0, 1]),
      'an add that is sent again goes to the other replica',
    );
    assert.equal(added[0]?.body, added[1]?.body, 'with the same token and time');
    const { delta, idempotencyToken } = JSON.parse(added[0]?.body ?? '') as {
      delta: number;
      idempotencyToken: { token: string; generationTime: string };
    };
    assert.deepEqual([delta, idempotencyToken.token], [-1, 'a token']);
    const sentAtMs = Date.parse(idempotencyToken.generationTime);
    assert.ok(sentAtMs >= beganAtMs && sentAtMs <= Date.now());
    const upload = sent('POST', '/posts');
    assert.ok(
      upload.includes(readFileSync(join(checkout, 'loadtests/media/sample-2.jpg')).toString('latin1')),
      'the file as it is',
    );
    assert.match(upload, /name="caption"\r\n\r\ntext of post\r\n/);
    assert.match(upload, /name="file"; filename="[^"]+"\r\nContent-Type: image\/jpeg\r\n/);
    const passwordsOf = replicas.received
      .filter(({ method, url }) => method === 'POST' && url === '/sessions')
      .map(({ body }): unknown => JSON.parse(body));
    assert.deepEqual(
      new Set(passwordsOf),
      new Set(
        [accountPassword, wrongPassword].map((password) => ({ logInName: logInNameOf(1, 9), password })),
      ),
    );
    for (const { method, body } of replicas.received)
      if (method === 'GET' || method === 'DELETE') assert.equal(body, '');
  } finally {
    replicas.close();
  }
});

test('what is gone is an error, a photo too: nobody asks for those that are deleted', async () => {
  const run = { ...settings, ...closedLoop, passes: inOnePass(60) };
  const answered = async (statusOf: (url: string) => number): Promise<number> => {
    const replicas = await startReplicas(({ url = '' }) => statusOf(url));
    try {
      return (await runK6([bundledPlan], withPlan({ ...run, worlds: [replicas.targets] }))).status;
    } finally {
      replicas.close();
    }
  };
  assert.equal(await answered(() => 200), 0);
  assert.equal(await answered((url) => (url.startsWith('/photos/') ? 404 : 200)), thresholdsCrossed);
  assert.equal(await answered(() => 500), thresholdsCrossed);
});

for (const name of Object.keys(scenarios) as ScenarioName[]) {
  if (name === 'feed-browsing') continue;
  test(`${name} runs by itself, with tables of its own, and sends what is planned`, async () => {
    const replicas = await startReplicas(usualStatus);
    try {
      const { file, mix } = scenarios[name];
      const run = {
        ...settings,
        followers: 'even',
        mix,
        worlds: [replicas.targets],
        passes: inOnePass(60),
        ...closedLoop,
      } as const;
      const { status, output } = await runK6([join(checkout, file)], run);
      assert.equal(status, 0, output);
      const workload = createWorkload(run);
      const plan = Array.from({ length: requestCount(run) }, (_, index) => workload.requestAt(2, index));
      assert.deepEqual(replicas.received.map(described).sort(), plan.flatMap(expected).sort());
    } finally {
      replicas.close();
    }
  });
}

test('a service that knows no session of the seeded people is not loaded: the first question says so', async () => {
  for (const status of [401, 403, 404]) {
    const strange = await startReplicas(() => status);
    const replicas = await startReplicas(() => 200);
    try {
      const worlds = [replicas.targets, strange.targets];
      const { status: ended, output } = await runK6(
        [bundledPlan],
        withPlan({ ...settings, worlds, ...closedLoop }),
      );
      const aborted = 108;
      assert.equal(ended, aborted, output);
      assert.ok(
        output.includes(
          `${strange.targets[0]} knows no session of the people of seed 1: it answered ${status}.`,
        ),
        output,
      );
      assert.deepEqual([replicas.received, strange.received], [[], []]);
      assert.deepEqual(
        [...replicas.trials, ...strange.trials].map(({ method, session }) => [method, session]),
        [
          ['GET', asSession(sessionSecretOf(1, 1))],
          ['GET', asSession(sessionSecretOf(1, 1))],
        ],
      );
    } finally {
      replicas.close();
      strange.close();
    }
  }
});

/** Where a file says something, its lines counted from 1. */
function placeOfText(file: string, said: string) {
  const path = join(checkout, file);
  const before = readFileSync(path, 'utf8').split(said)[0] ?? '';
  return { path, line: before.split('\n').length };
}

test('load goes to this machine only: k6 says so, and where in the sources', async () => {
  const worlds = [['http://127.0.0.1:1'], ['http://192.0.2.1:4000']];
  for (const script of [feedBrowsing, bundledPlan]) {
    const { status, output } = await runK6([script], { ...settings, worlds });
    const failedAtInit = 107;
    assert.equal(status, failedAtInit, output);
    assert.match(output, /load goes to this machine only, not to http:\/\/192\.0\.2\.1:4000/);
    const { path, line } = placeOfText('loadtests/workloads/run-settings.ts', 'throw new RangeError');
    assert.ok(output.includes(`file://${path}:${line}:`), `it says where:\n${output}`);
  }
});
