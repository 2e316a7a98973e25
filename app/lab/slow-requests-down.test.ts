import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Fastify from 'fastify';
import { startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';
import { beyondProcessShare, slowRequestsDown, workLevelsMax } from './slow-requests-down.ts';

/** A clock that each reading moves on by that much, so that a loop that waits for it ends. */
function createCountedClock(stepMs: number) {
  let nowMs = 0;
  let readings = 0;
  return {
    now: () => {
      readings += 1;
      nowMs += stepMs;
      return nowMs;
    },
    advance: (ms: number) => void (nowMs += ms),
    readings: () => readings,
  };
}

/** A service of one route of the workload, which takes `tookMs` by that clock until it is told to `take` another time. */
async function startRoute(slowdown: { every: number; by: number }, tookMs: number) {
  let handlerMs = tookMs;
  const clock = createCountedClock(0.001);
  const app = Fastify();
  slowRequestsDown(app, slowdown, clock);
  for (const path of ['/photos/:photoId', '/elsewhere'])
    app.get(path, () => {
      clock.advance(handlerMs);
      return 'here';
    });
  await app.ready();
  return { app, clock, take: (ms: number) => void (handlerMs = ms) };
}

const burnedMsOf = (header: unknown): number | null => {
  const ms = /^slowdown;dur=([\d.]+)$/.exec(String(header))?.[1];
  return ms === undefined ? null : Number(ms);
};

describe('a planted slowdown', () => {
  it('burns its share of the time that the request took, and of what its client sees beyond that', async () => {
    const { app, clock } = await startRoute({ every: 1, by: 0.5 }, 1);
    const response = await app.inject('/photos/1');
    const burnedMs = burnedMsOf(response.headers['server-timing']) ?? 0;
    const expectedMs = (1 + beyondProcessShare) * 0.5;
    assert.ok(Math.abs(burnedMs - expectedMs) < 0.01, `${burnedMs} is not ${expectedMs}`);
    // Each reading moves the clock on by 1 µs: all but the millisecond of the handler were spent reading it.
    assert.ok(clock.readings() > 600, `${clock.readings()} readings`);
    assert.equal(response.body, 'here');
    await app.close();
  });

  it('follows a machine on which every request takes longer', async () => {
    const { app, take } = await startRoute({ every: 1, by: 0.1 }, 1);
    await app.inject('/photos/1');
    take(3);
    for (let request = 1; request <= 1_000; request += 1) await app.inject('/photos/1');
    const response = await app.inject('/photos/1');
    const burnedMs = burnedMsOf(response.headers['server-timing']) ?? 0;
    const expectedMs = 3 * (1 + beyondProcessShare) * 0.1;
    assert.ok(Math.abs(burnedMs - expectedMs) < 0.01, `${burnedMs} is not ${expectedMs}`);
    await app.close();
  });

  it('burns no more for a request that waited: a busy moment would never end', async () => {
    const { app, take } = await startRoute({ every: 1, by: 4 }, 1);
    await app.inject('/photos/1');
    take(900);
    const response = await app.inject('/photos/1');
    const burnedMs = burnedMsOf(response.headers['server-timing']) ?? 0;
    // One request of 900 ms moves the level of the one of 1 ms up by 900^0.01.
    const expectedMs = 4 * workLevelsMax * 900 ** 0.01;
    assert.ok(Math.abs(burnedMs - expectedMs) < 0.1, `${burnedMs} is not ${expectedMs}`);
    await app.close();
  });

  it('leaves the requests between alone', async () => {
    const { app } = await startRoute({ every: 10, by: 4 }, 1);
    const slowed: number[] = [];
    for (let request = 1; request <= 30; request += 1) {
      const response = await app.inject('/photos/1');
      if (response.headers['server-timing'] !== undefined) slowed.push(request);
    }
    assert.deepEqual(slowed, [10, 20, 30]);
    await app.close();
  });

  it('does not touch or count what is not of the workload', async () => {
    const { app } = await startRoute({ every: 2, by: 1 }, 1);
    const isSlowed = async (url: string) => (await app.inject(url)).headers['server-timing'] !== undefined;
    assert.equal(await isSlowed('/photos/1'), false);
    for (const url of ['/elsewhere', '/no/such/thing']) assert.equal(await isSlowed(url), false, url);
    assert.equal(await isSlowed('/photos/1'), true);
    await app.close();
  });
});

describe('the service with a planted slowdown', () => {
  let plain: TestApp;
  let slowed: TestApp;
  before(async () => {
    plain = await startTestApp();
    const environment = { DARKROOM_LAB_SLOWDOWN: 'every=3,by=100%' };
    slowed = await startTestApp({ databaseUrl: plain.databaseUrl, environment });
  });
  after(async () => {
    await slowed.close();
    await plain.close();
  });

  it('slows each third request of any operation down, refused ones too, and never one for its health', async () => {
    const asked = [
      ['GET', '/photos/1'],
      ['GET', '/health/ready'],
      ['GET', '/users/2/posts'],
      ['GET', '/photos/999999'],
      ['GET', '/health/live'],
      ['GET', '/photos/2'],
      ['PUT', '/photos/2/like'],
      ['GET', '/openapi.json'],
      ['GET', '/users/30/feeds'],
    ] as const;
    const hit: string[] = [];
    for (const [method, url] of asked) {
      const response = await slowed.ask(method, url, { viewer: 30 });
      const burnedMs = burnedMsOf(response.headers['server-timing']);
      if (burnedMs === null) continue;
      hit.push(url);
      assert.ok(burnedMs > 0, `${burnedMs} ms for ${url}`);
    }
    assert.deepEqual(hit, ['/photos/999999', '/users/30/feeds']);
  });

  it('answers what it would answer without', async () => {
    for (let photo = 1; photo <= 3; photo += 1) {
      const [changed, same] = await Promise.all(
        [slowed, plain].map((app) => app.ask('GET', `/photos/${photo}`, { viewer: 29 })),
      );
      assert.equal(changed?.statusCode, 200);
      assert.equal(changed.body, same?.body);
    }
  });

  it('is not there unless it is asked for', async () => {
    const response = await plain.ask('GET', '/photos/1', { viewer: 29 });
    assert.equal(response.headers['server-timing'], undefined);
  });
});
