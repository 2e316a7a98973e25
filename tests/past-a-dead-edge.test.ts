import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createSystemClock } from '../app/clock.ts';
import { sentOperations } from '../app/contract/operations.ts';
import { createTimings } from '../cli/k6/pass-timings.ts';
import { createPlanner } from '../cli/k6/request-plans.ts';
import { driveK6 } from '../cli/k6/run-k6.ts';
import { readScenario } from '../cli/k6/scenario-script.ts';
import { provideK6 } from '../cli/stack/k6-binary.ts';
import { createStackContext } from '../cli/worlds/workbench.ts';
import { pathOfRequest } from '../loadtests/workloads/request-path.ts';
import type { RunSettings } from '../loadtests/workloads/run-settings.ts';
import { createWorkload } from '../loadtests/workloads/workload.ts';
import { askAgain } from './support/ask-again.ts';

const checkout = join(import.meta.dirname, '..');
const requests = 120;
const timesMax = 4;
const size = { seed: 1, people: 60, photos: 300, followers: 'heavy', mix: 'social-default' } as const;
const workload = createWorkload(size);
const planned = Array.from({ length: requests }, (_, index) => workload.requestAt(0, index));
const lineOf = ({ method, url }: { method?: string | undefined; url?: string | undefined }) =>
  `${method} ${url}`;
const linesOf = (all: typeof planned): string[] =>
  all.map((request) =>
    lineOf({ method: sentOperations[request.operation].method, url: pathOfRequest(request) }),
  );
const isPostOrPatch = (line: string): boolean => /^(POST|PATCH) /.test(line);

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close().closeAllConnections();
});

/** A server, and the planned requests that it was sent. */
async function serve(answer: RequestListener) {
  const received: string[] = [];
  const server = createServer((request, response) => {
    const isPlanned = request.headers['traceparent'] !== undefined;
    if (isPlanned) received.push(lineOf(request));
    request.resume();
    if (isPlanned) answer(request, response);
    else response.end('{}');
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, received, server };
}

const answers: RequestListener = (_, response) => void response.end('{}');
const breaksOff: RequestListener = ({ socket }) => void socket.destroy();

/** Where nobody listens. */
async function refusing(): Promise<string> {
  const { address, server } = await serve(answers);
  server.close().closeAllConnections();
  await once(server, 'close');
  return address;
}

/** One world behind an edge where nobody listens, one behind an edge that breaks off, and one without an edge that does so as well. */
async function drive() {
  const [breaking, alone] = [await serve(breaksOff), await serve(breaksOff)];
  const [one, other, behind] = [await serve(answers), await serve(answers), await serve(answers)];
  const settings: RunSettings = {
    ...size,
    worlds: [[await refusing()], [breaking.address], [alone.address]],
    replicasPastEdges: [[one.address, other.address], [behind.address], []],
    passes: [{ pass: 0, first: 0, requests, pauseRequests: 0 }],
    ratePerSecond: 25,
    arrivals: 'poisson',
  };
  const clock = createSystemClock();
  const context = createStackContext({
    checkout,
    clock,
    signal: AbortSignal.timeout(120_000),
    report: () => {},
  });
  const timings = createTimings(settings);
  const { failure } = await driveK6({
    context,
    k6: (await provideK6(context)).path,
    script: readScenario(checkout, 'feed-browsing'),
    settings,
    requests: createPlanner(workload)(settings),
    onRow: timings.add,
  }).ended;
  assert.equal(failure, null);
  return { timings, one, other, behind };
}

test('what an edge refuses, or breaks off where it may be done twice, a replica is asked for; without an edge nothing is sent again', async () => {
  // A busy machine leaves a request out, which nobody then has to send again.
  const isIncomplete = ({ timings: { missing } }: Awaited<ReturnType<typeof drive>>): boolean =>
    missing(0) > 0;
  const { timings, one, other, behind } = await askAgain(drive, isIncomplete, timesMax);
  assert.equal(timings.missing(0), 0);
  const { worlds, started } = timings.finish(0);
  assert.equal(started, 3 * requests, 'each counts once');

  const lines = linesOf(planned);
  const notAgain = lines.filter(isPostOrPatch).length;
  assert.ok(notAgain > 0 && notAgain < requests / 2, `${notAgain}`);
  assert.deepEqual(
    worlds.map(({ errors, pastEdge }) => ({ errors, pastEdge })),
    [
      { errors: 0, pastEdge: requests },
      { errors: notAgain, pastEdge: requests - notAgain },
      { errors: requests, pastEdge: 0 },
    ],
  );
  assert.deepEqual([...one.received, ...other.received].toSorted(), lines.toSorted());
  assert.ok(one.received.length > 0 && other.received.length > 0, 'by turns');
  assert.deepEqual(behind.received.toSorted(), lines.filter((line) => !isPostOrPatch(line)).toSorted());
});
