import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import fastify from 'fastify';
import { assertProblem, createSeededDatabase, startTestApp } from '../../tests/support/test-app.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { registerProblemDetails } from './problem-details.ts';
import { registerRateLimits } from './rate-limits.ts';
import type { RateLimits } from './rate-limits.ts';
import type { App } from './route-parts.ts';

let app: App;
afterEach(() => app.close());

async function start(limits: RateLimits): Promise<void> {
  app = fastify() as App;
  registerProblemDetails(app);
  await registerRateLimits(app, limits, ({ headers }) =>
    headers['person'] ? Number(headers['person']) : null,
  );
  app.get('/photos/:id', () => 'here');
  app.get('/health/live', () => 'live');
  await app.ready();
}

const ask = (remoteAddress: string, person?: number, url = '/photos/1') =>
  app.inject({ url, remoteAddress, headers: person === undefined ? {} : { person: String(person) } });

async function assertTaken(times: number, ...asked: Parameters<typeof ask>): Promise<void> {
  for (let time = 0; time < times; time += 1) assert.equal((await ask(...asked)).statusCode, 200);
}

describe('requests of an address', () => {
  it('are refused beyond its limit, with the time until its minute is over; others are not', async () => {
    await start({ perAddress: 3, perAccount: null });
    await assertTaken(3, '10.0.0.1');
    const refused = await ask('10.0.0.1', undefined, '/photos/2');
    assertProblem(refused, 429, 'RATE_LIMITED');
    const seconds = Number(refused.headers['retry-after']);
    assert.ok(seconds >= 1 && seconds <= 60, `${seconds} s`);
    assert.match(refused.body, /An address may send 3 requests a minute/);
    await assertTaken(3, '10.0.0.2');
  });

  it('are those of its whole network under IPv6', async () => {
    await start({ perAddress: 3, perAccount: null });
    for (const end of ['1', '2', 'ffff:1']) await assertTaken(1, `2001:db8:1:2::${end}`);
    assertProblem(await ask('2001:db8:1:2:3::4'), 429, 'RATE_LIMITED');
    await assertTaken(1, '2001:db8:1:3::1');
  });

  it('are counted of a bounded number of addresses: beyond it, one that was not heard of for long begins anew', async () => {
    await start({ perAddress: 1, perAccount: null, countedMax: 10 });
    await assertTaken(1, '10.0.0.1');
    for (let other = 2; other <= 11; other += 1) await assertTaken(1, `10.0.0.${other}`);
    assert.equal((await ask('10.0.0.11')).statusCode, 429);
    await assertTaken(1, '10.0.0.1');
  });
});

describe('requests of an account', () => {
  it('are refused beyond its limit, wherever they come from; those of nobody are not', async () => {
    await start({ perAddress: null, perAccount: 3 });
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) await assertTaken(1, address, 7);
    assertProblem(await ask('10.0.0.4', 7), 429, 'RATE_LIMITED');
    await assertTaken(3, '10.0.0.1', 8);
    await assertTaken(9, '10.0.0.1');
  });
});

describe('probes', () => {
  it('are never refused', async () => {
    await start({ perAddress: 1, perAccount: 1 });
    await assertTaken(5, '10.0.0.1', 7, '/health/live');
    await assertTaken(1, '10.0.0.1', 7);
  });
});

describe('the service', () => {
  it('limits requests outside of lab mode, and in it where a setting says so', async () => {
    const database = await createSeededDatabase();
    const limit = { DARKROOM_REQUESTS_PER_ADDRESS: '2' };
    try {
      for (const environment of [{ DARKROOM_LAB_MODE: '0', DARKROOM_LAB_TOKEN: '', ...limit }, limit]) {
        const service = await startTestApp({ databaseUrl: database.url, environment });
        app = service.app;
        // A busy machine may take longer to connect than a request waits, and probes are not counted.
        await waitUntil(async () => (await service.ask('GET', '/health/ready')).statusCode === 200);
        const ask2 = () => service.ask('GET', '/photos/1');
        assert.deepEqual([(await ask2()).statusCode, (await ask2()).statusCode], [200, 200]);
        const refused = await ask2();
        assertProblem(refused, 429, 'RATE_LIMITED');
        assert.equal(refused.headers['darkroom-replica'], 'r1');
        await service.close();
      }
    } finally {
      await database.drop();
    }
  });
});
