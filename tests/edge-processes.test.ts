import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { edgeMetrics } from '../app/contract/edge-metrics.ts';
import type { EdgeClass, EdgeOutcome } from '../app/contract/edge-metrics.ts';
import { counterOf } from '../app/contract/figure.ts';
import { operations, pathOf, peopleOperations } from '../app/contract/operations.ts';
import { childrenOf } from '../cli/stack/cpu-accounting.ts';
import { countOf } from '../cli/figures/counts.ts';
import { servedRequests } from '../cli/figures/taken-counters.ts';
import { parseServiceCounters } from '../cli/worlds/service-counters.ts';
import { askEdge, findTestVarnish } from './support/edge-under-test.ts';
import { killProcess } from './support/kill-process.ts';
import { startServiceProcess } from './support/service-process.ts';
import type { ServiceProcess } from './support/service-process.ts';
import { createSeededDatabase } from './support/test-app.ts';
import { nameOf, varnishOf, workerOf } from './support/varnish-processes.ts';
import { waitUntil } from './support/wait-until.ts';

const varnish = await findTestVarnish();
const skip = 'lacking' in varnish && varnish.lacking;
let database: { readonly url: string; drop(): Promise<void> };
let mediaFolder: string;
const started: ServiceProcess[] = [];
const digest = 'ab'.repeat(32);
const image = pathOf(operations.image.route, { digest, rendition: 1080 });
const photo = '/photos/1';
let service: Started;
let edge: Started;

type Started = ServiceProcess & { readonly address: string; readonly metrics: string; readonly lab: string };

async function start(kind: string): Promise<Started> {
  const child = startServiceProcess(
    {
      DARKROOM_CANDIDATE: 'no-cache:edge=on,edge-ttl=1h',
      DARKROOM_TELEMETRY: 'metrics',
      DARKROOM_LOG_LEVEL: 'warn',
      DARKROOM_METRICS_PORT: '0',
      DARKROOM_LAB_MODE: '1',
      DARKROOM_LAB_PORT: '0',
      DARKROOM_LAB_TOKEN: 'token of a test',
      DARKROOM_MEDIA_DIR: mediaFolder,
      // One that is killed removes nothing.
      DARKROOM_EDGE_DIR: join(mediaFolder, 'edge'),
      DARKROOM_VARNISH_DIR: 'folder' in varnish ? varnish.folder : '',
      DATABASE_URL: database.url,
    },
    `processes/${kind}.ts`,
  );
  started.push(child);
  const { http, metrics, lab } = await child.listening;
  const at = (port: number | null): string => `http://127.0.0.1:${port}`;
  return { ...child, address: at(http), metrics: `${at(metrics)}/metrics`, lab: at(lab) };
}

before(async () => {
  if (skip !== false) return;
  database = await createSeededDatabase();
  mediaFolder = await mkdtemp(join(tmpdir(), 'darkroom-media-'));
  await mkdir(join(mediaFolder, 'ab'));
  await writeFile(join(mediaFolder, 'ab', digest), 'bytes of a picture');
  [service, edge] = await Promise.all([start('service'), start('edge')]);
  edge.child.send({ type: 'neighbours', service: [service.address], front: [edge.address] });
  await untilReady();
});
after(async () => {
  await Promise.all(started.map((one) => one.stop()));
  await database?.drop();
  if (mediaFolder !== undefined) await rm(mediaFolder, { recursive: true, force: true });
});

const untilReady = (): Promise<void> =>
  waitUntil(async () => (await askEdge(`${edge.address}/health/ready`).catch(() => null))?.status === 200);

/** The reader notices after a moment that there is a log anew, and what was answered meanwhile is not in it. */
async function untilLogIsRead(): Promise<void> {
  const passed = key('photo', 'pass');
  const before = (await requestsAtEdge())[passed] ?? 0;
  await waitUntil(async () => {
    await ask(photo, 2);
    return ((await requestsAtEdge())[passed] ?? 0) > before;
  });
}

const ask = (path: string, viewer?: number) =>
  askEdge(`${edge.address}${path}`, {
    headers: viewer === undefined ? {} : { 'Darkroom-Viewer': String(viewer) },
  });

async function metricsOf(process: Started): Promise<string> {
  return (await fetch(process.metrics)).text();
}

/** Requests to the edge by class and outcome, without those that were none. */
async function requestsAtEdge(): Promise<Readonly<Record<string, number>>> {
  const text = await metricsOf(edge);
  const pattern = new RegExp(`^${edgeMetrics.edgeRequests.name}\\{(.*)\\} (\\d+)$`, 'gm');
  const found = [...text.matchAll(pattern)].flatMap(([, labels = '', value]) => {
    const of = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
    return value === '0' ? [] : [[`${of('class')} ${of('outcome')}`, Number(value)] as const];
  });
  return Object.fromEntries(found);
}

type Counted = Awaited<ReturnType<typeof requestsAtEdge>>;
const sumOf = (counted: Counted): number => Object.values(counted).reduce((sum, count) => sum + count, 0);

/** What is counted once there are so many more: on a busy machine the log may be read late. */
async function countedSince(before: Counted, more: number): Promise<Counted> {
  let now = before;
  await waitUntil(async () => {
    now = await requestsAtEdge();
    return sumOf(now) >= sumOf(before) + more;
  });
  return now;
}

const key = (name: EdgeClass, outcome: EdgeOutcome): string => `${name} ${outcome}`;

async function served(process: Started): Promise<number> {
  return countOf(parseServiceCounters(await metricsOf(process)).counts, servedRequests);
}

describe('an edge in front of a service', { skip }, () => {
  test('ML-1: keeps pictures and public pages, passes on the rest, and says which layer answered', async () => {
    const before = await requestsAtEdge();
    assert.match(String((await ask(image)).headers['cache-status']), /^edge; fwd=miss; stored$/);
    const again = await ask(image, 2);
    assert.match(String(again.headers['cache-status']), /^edge; hit; ttl=\d+$/);
    assert.equal(again.body, 'bytes of a picture');
    assert.ok(again.headers.age !== undefined && again.headers.etag !== undefined);
    assert.equal((await ask(photo)).outcome, 'other');
    assert.equal((await ask(photo)).outcome, 'hit');
    for (let times = 0; times < 2; times += 1) {
      const own = await ask(photo, 2);
      assert.equal(own.headers['cache-control'], 'private, no-store');
      assert.match(String(own.headers['cache-status']), /, edge; fwd=bypass$|^edge; fwd=bypass$/);
    }
    const now = await countedSince(before, 6);
    const grown = Object.fromEntries(
      Object.entries(now).map(([name, count]) => [name, count - (before[name] ?? 0)]),
    );
    assert.deepEqual(grown, {
      [key('image', 'miss')]: 1,
      [key('image', 'hit')]: 1,
      [key('photo', 'miss')]: 1,
      [key('photo', 'hit')]: 1,
      [key('photo', 'pass')]: 2,
    });
  });

  test('ML-2: what viewers ask is what edge and service answer, to the unit, and health checks are none of it', async () => {
    const [atEdge, atService] = [await served(edge), await served(service)];
    const asked = 40;
    for (let index = 0; index < asked; index += 1) {
      await ask(index % 4 === 0 ? image : `/photos/${1 + (index % 5)}`, index % 3 === 0 ? 2 : undefined);
      await askEdge(`${edge.address}/health/live`);
    }
    let [byEdge, byService] = [0, 0];
    await waitUntil(async () => {
      [byEdge, byService] = [(await served(edge)) - atEdge, (await served(service)) - atService];
      return byEdge + byService >= asked;
    });
    assert.ok(byEdge > 0 && byService > 0);
    assert.equal(byEdge + byService, asked);
  });

  test('whoever writes sees the write in the next public page, and pages that it did not change stay', async () => {
    await ask('/photos/2');
    await ask(photo);
    const body = JSON.stringify({ comment: 'said just now' });
    const written = await askEdge(`${edge.address}/photos/1/comments`, {
      method: 'POST',
      headers: { 'Darkroom-Viewer': '2', 'content-type': 'application/json' },
      body,
    });
    assert.equal(written.status, 201);
    assert.equal(written.headers['surrogate-purge'], undefined);
    const page = await ask(photo);
    assert.equal(page.outcome, 'other');
    assert.match(page.body, /said just now/);
    assert.equal((await ask('/photos/2')).outcome, 'hit');
    const purged = counterOf(edgeMetrics.edgePurges, { outcome: 'purged' });
    assert.match(await metricsOf(edge), new RegExp(`${purged.counter}\\{outcome="purged"\\} [1-9]`));
  });

  test('an upload of megabytes passes through, and its answer comes back', async () => {
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(4 * 2 ** 20)]), 'none.jpg');
    const answer = await fetch(`${edge.address}/users/2/posts`, {
      method: 'POST',
      headers: { 'Darkroom-Viewer': '2' },
      body: form,
    });
    assert.equal(answer.status, 415);
    const { code } = (await answer.json()) as { code?: string };
    assert.equal(code, 'NOT_A_JPEG');
  });

  test('it tells of what it keeps', async () => {
    const text = await metricsOf(edge);
    for (const metric of [edgeMetrics.edgeMemory, edgeMetrics.edgeObjects, edgeMetrics.edgeUp])
      assert.match(text, new RegExp(`^${metric.name} [1-9]`, 'm'));
  });

  test('an experiment empties it, and has it empty when that is answered', async () => {
    await ask(image);
    assert.equal((await ask(image)).outcome, 'hit');
    const response = await fetch(`${edge.lab}/lab/caches`, {
      method: 'DELETE',
      headers: { authorization: 'Bearer token of a test' },
    });
    assert.equal(response.status, 204);
    assert.equal((await ask(image)).outcome, 'other');
  });

  test('one whose worker dies goes on by itself, and so does the reading of its log', async () => {
    const [varnishd = 0] = varnishOf(edge.child.pid ?? 0);
    const worker = workerOf(varnishd);
    killProcess(worker);
    await waitUntil(() => ![worker, undefined].includes(workerOf(varnishd)));
    await untilReady();
    assert.deepEqual(varnishOf(edge.child.pid ?? 0), [varnishd]);
    await untilLogIsRead();
    const before = await requestsAtEdge();
    await ask(image);
    const miss = key('image', 'miss');
    assert.equal((await countedSince(before, 1))[miss], (before[miss] ?? 0) + 1, 'it begins empty');
  });

  test('an HTTP cache that dies is started again at its port, knows the replicas, and its counts go on', async () => {
    const known = await requestsAtEdge();
    const [killed] = varnishOf(edge.child.pid ?? 0);
    killProcess(killed);
    await waitUntil(() => varnishOf(edge.child.pid ?? 0).some((pid) => pid !== killed));
    await untilReady();
    await untilLogIsRead();
    const before = await requestsAtEdge();
    assert.ok(isUp(await metricsOf(edge)));
    assert.equal((await ask(image)).outcome, 'other', 'it begins empty');
    assert.equal((await ask(image)).outcome, 'hit');
    const expected = { ...before };
    for (const name of [key('image', 'miss'), key('image', 'hit')])
      expected[name] = (expected[name] ?? 0) + 1;
    assert.deepEqual(await countedSince(before, 2), expected, 'each counts once');
    for (const [name, count] of Object.entries(known)) assert.ok((before[name] ?? 0) >= count, name);
  });

  test('while the service is away nobody empties it, and what it keeps is still answered', async () => {
    for (const path of [image, photo]) await ask(path);
    await service.stop();
    const viewers = [undefined, 1];
    for (const { method, route } of [
      operations.deletePhoto,
      peopleOperations.deleteAccount,
      peopleOperations.setPrivacy,
    ])
      for (const viewer of viewers) {
        const answer = await askEdge(`${edge.address}${pathOf(route, { userId: 1, photoId: 1 })}`, {
          method,
          ...(viewer !== undefined && { headers: { 'Darkroom-Viewer': String(viewer) } }),
        });
        assert.equal(answer.status, 503);
      }
    assert.deepEqual([(await ask(image)).outcome, (await ask(photo)).outcome], ['hit', 'hit']);
  });

  test('it ends with the process that runs it, whatever ends that', async () => {
    const below = childrenOf(edge.child.pid ?? 0);
    assert.ok(below.length > 0);
    edge.child.kill('SIGKILL');
    await edge.exited;
    await waitUntil(() => below.every((pid) => nameOf(pid) === null));
  });
});

const isUp = (metrics: string): boolean => new RegExp(`^${edgeMetrics.edgeUp.name} 1$`, 'm').test(metrics);
