import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { connected } from '../../tests/support/connected-storage.ts';
import { startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createStorage } from '../storage/postgres.ts';
import { createCountWitness } from './count-witness.ts';
import type { CountWitness } from './count-witness.ts';
import { counterFigures } from './figures.ts';
import { addsPerCounter, sentTwicePerCounter, timedPerCounter } from './watched-counter.ts';

/** One keeps events, and the other one counts each request. */
let exact: TestApp;
let inPlace: TestApp;
before(async () => {
  [exact, inPlace] = (await Promise.all(
    ['raw-log', 'row'].map((mode) => startTestApp({ candidate: `no-cache:counter=${mode}` })),
  )) as [TestApp, TestApp];
});
after(async () => {
  await Promise.all([exact.close(), inPlace.close()]);
});

type Witnessed = {
  readonly witness: CountWitness;
  readonly trouble: unknown[];
  /** How often the witness has looked at the clock. */
  readonly turns: () => number;
};

/** Runs `work` beside a witness of one service, which looks as often as it can. */
async function withWitness(app: TestApp, work: (witnessed: Witnessed) => Promise<void>): Promise<void> {
  const storage = createStorage(app.databaseUrl, 1, () => {});
  await connected(storage);
  const trouble: unknown[] = [];
  let turns = 0;
  const witness = createCountWitness({
    storage,
    clock: {
      now: () => {
        turns += 1;
        return app.clock.now();
      },
    },
    name: 'w',
    settleMs: 20,
    lookEveryMs: 2,
    onTrouble: (reason) => void trouble.push(reason),
  });
  if (app.app.server.address() === null) await app.app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.app.server.address();
  assert.ok(typeof address === 'object' && address !== null);
  try {
    witness.meet([`http://127.0.0.1:${address.port}`]);
    await work({ witness, trouble, turns: () => turns });
  } finally {
    await witness.stop();
    await storage.close();
  }
}

type Row = { counter: string; phase: string; expected: string; seen: string; lag_ms: number | null };
const sightings = (app: TestApp): Promise<Row[]> =>
  app.sql<Row>('SELECT counter, phase, expected, seen, lag_ms FROM counter_sightings');
const ended = (app: TestApp) => async () => (await sightings(app)).some(({ phase }) => phase === 'rest');
const figure = async (app: TestApp, name: string): Promise<number | null> => {
  const from = counterFigures.find((one) => one.name === name)?.from;
  assert.ok(from !== undefined && 'query' in from);
  const [row] = await app.sql<{ value: number | string | null }>(from.query);
  const value = row?.value ?? null;
  return value === null ? null : Number(value);
};

test('where events are kept, what is sent twice counts once: the witness sees no error, and no lag', async () => {
  await withWitness(exact, async ({ trouble }) => {
    await waitUntil(ended(exact));
    assert.deepEqual(trouble, []);
  });
  const first = (await sightings(exact)).filter(({ counter }) => counter === 'w-1');
  const of = (phase: string) => first.filter((one) => one.phase === phase);
  assert.deepEqual(
    [of('live').length, of('lag').length, of('rest').length],
    [addsPerCounter, timedPerCounter, 1],
  );
  assert.ok(first.every(({ phase, expected, seen }) => phase === 'lag' || expected === seen));
  assert.deepEqual(
    of('live')
      .map(({ expected }) => Number(expected))
      .sort((a, b) => a - b),
    Array.from({ length: addsPerCounter }, (_, index) => index + 1),
  );
  for (const name of ['countErrorAtOnce', 'countErrorAtRest'])
    assert.equal(await figure(exact, name), 0, name);
  const bytes = (await figure(exact, 'bytesPerEvent')) ?? 0;
  assert.ok(bytes > 50, `${bytes} bytes per event`);
  assert.ok(((await figure(exact, 'counterRowsStored')) ?? 0) >= addsPerCounter);
});

test('where each request counts, what is sent twice is wrong for ever', async () => {
  await withWitness(inPlace, async () => waitUntil(ended(inPlace)));
  const [rest] = (await sightings(inPlace)).filter(({ phase }) => phase === 'rest');
  assert.deepEqual(
    [Number(rest?.expected), Number(rest?.seen)],
    [addsPerCounter, addsPerCounter + sentTwicePerCounter],
  );
  assert.equal(await figure(inPlace, 'countErrorAtRest'), sentTwicePerCounter / addsPerCounter);
  assert.ok(((await figure(inPlace, 'countErrorAtOnce')) ?? 0) > 0);
  assert.ok(((await figure(inPlace, 'countLagSecondsP50')) ?? -1) >= 0);
  assert.equal(await figure(inPlace, 'bytesPerEvent'), null);
});

test('a counter whose last look is not answered is looked at once more', async () => {
  const posts = addsPerCounter + sentTwicePerCounter;
  const asked = { POST: 0, GET: 0 };
  let refused = 0;
  // One replica in front of the service, which does not answer the first look after the last add has been seen.
  const replica = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const method = request.method === 'POST' ? 'POST' : 'GET';
      const { url = '' } = request;
      const isWatched = url.includes('/last-1');
      if (isWatched) asked[method] += 1;
      if (isWatched && asked.POST === posts && asked.GET === addsPerCounter + 1) {
        refused += 1;
        response.writeHead(503, { 'content-type': 'application/json' }).end('{}');
        return;
      }
      const body = method === 'POST' ? ((await json(request)) as object) : undefined;
      const answered = await exact.ask(method, url, { viewer: 1, ...(body !== undefined && { body }) });
      response.writeHead(answered.statusCode, { 'content-type': 'application/json' }).end(answered.body);
    };
    answer().catch(assert.fail);
  }).listen(0, '127.0.0.1');
  await once(replica, 'listening');
  const storage = createStorage(exact.databaseUrl, 1, () => {});
  const witness = createCountWitness({
    storage,
    clock: exact.clock,
    name: 'last',
    settleMs: 0,
    lookEveryMs: 2,
    onTrouble: () => {},
  });
  try {
    witness.meet([`http://127.0.0.1:${(replica.address() as AddressInfo).port}`]);
    await waitUntil(async () =>
      (await sightings(exact)).some(({ phase, counter }) => phase === 'rest' && counter.startsWith('last-')),
    );
    assert.equal(refused, 1);
    const ends = (await sightings(exact)).filter(
      ({ phase, counter }) => phase === 'rest' && counter.startsWith('last-'),
    );
    assert.equal(ends[0]?.counter, 'last-1');
  } finally {
    await witness.stop();
    await storage.close();
    replica.close();
  }
});

test('the witness waits while the clock of its world stands', async () => {
  await withWitness(exact, async ({ turns }) => {
    const before = (await sightings(exact)).length;
    await waitUntil(async () => (await sightings(exact)).length > before);
    exact.clock.stop();
    try {
      const turnsGoBy = async (count: number): Promise<void> => {
        const last = turns() + count;
        await waitUntil(() => turns() >= last);
      };
      await turnsGoBy(60);
      const seen = await sightings(exact);
      await turnsGoBy(60);
      assert.deepEqual(await sightings(exact), seen);
    } finally {
      exact.clock.resume(0);
    }
  });
});
