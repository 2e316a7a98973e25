import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { askAgain } from '../tests/support/ask-again.ts';
import type { TestDatabase } from '../tests/support/databases.ts';
import { photoForm } from '../tests/support/multipart-form.ts';
import { startServiceProcess } from '../tests/support/service-process.ts';
import type { ServiceProcess } from '../tests/support/service-process.ts';
import { createSeededDatabase } from '../tests/support/test-app.ts';
import { village } from '../tests/support/village-rows.ts';
import { waitUntil } from '../tests/support/wait-until.ts';

let database: TestDatabase;
before(async () => {
  database = await createSeededDatabase();
});
after(() => database.drop());

function startProcess(environment: Record<string, string> = {}): ServiceProcess {
  return startServiceProcess({
    DARKROOM_CANDIDATE: 'no-cache',
    DATABASE_URL: database.url,
    DARKROOM_LAB_MODE: '1',
    DARKROOM_LAB_TOKEN: 'a token',
    ...environment,
  });
}

/** For one test. */
function start(context: TestContext, environment: Record<string, string> = {}): ServiceProcess {
  const service = startProcess(environment);
  context.after(() => service.stop());
  return service;
}

const viewer = { 'Darkroom-Viewer': String(village.reader) };
/** A busy machine may take longer to connect to storage than a request waits. */
const photoOf = (http: number | null): Promise<Response> =>
  askAgain(
    () => fetch(`http://127.0.0.1:${http}/photos/1`),
    ({ status }) => status === 503,
  );

describe('the process', () => {
  it('says where it listens, answers there, and ends well on SIGTERM and on SIGINT', async (context) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const service = start(context);
      const { http, metrics, lab } = await service.listening;
      const photo = await photoOf(http);
      assert.equal(photo.status, 200);
      assert.equal(((await photo.json()) as { id: number }).id, 1);
      assert.equal((await fetch(`http://127.0.0.1:${http}/metrics`)).status, 404, 'metrics are elsewhere');
      assert.equal((await fetch(`http://127.0.0.1:${metrics}/metrics`)).status, 200);
      assert.equal((await fetch(`http://127.0.0.1:${lab}/lab/clock`, { method: 'PUT' })).status, 401);
      service.child.kill(signal);
      assert.deepEqual(await service.exited, { code: 0, signal: null });
      const ports = { http, metrics, lab };
      assert.deepEqual(service.told, [{ type: 'listening', ...ports }, { type: 'drained' }]);
    }
  });

  it('has no lab outside of lab mode, and ends when the process that started it goes away', async (context) => {
    const service = start(context, { DARKROOM_LAB_MODE: '0' });
    assert.equal((await service.listening).lab, null);
    service.child.disconnect();
    assert.deepEqual(await service.exited, { code: 0, signal: null });
  });

  it('starts without its storage and its Redis, and is ready once storage is there', async (context) => {
    const service = start(context, {
      DATABASE_URL: 'postgres://postgres@127.0.0.1:1/none',
      DARKROOM_CANDIDATE: 'versioned',
      REDIS_URL: 'redis://127.0.0.1:1',
    });
    const { http } = await service.listening;
    assert.equal((await fetch(`http://127.0.0.1:${http}/health/live`)).status, 200);
    assert.equal((await fetch(`http://127.0.0.1:${http}/health/ready`)).status, 503);
    service.child.kill('SIGTERM');
    assert.deepEqual(await service.exited, { code: 0, signal: null });
  });
});

/** One for both, the second of which ends it. */
describe('a process at work', () => {
  let service: ServiceProcess;
  before(() => {
    service = startProcess();
  });
  after(() => service.stop());

  it('answers a large upload that it does not want, and goes on with the same connection', async () => {
    const { http } = await service.listening;
    const form = photoForm(Buffer.alloc(5 * 1024 * 1024, 'no photo'));
    for (const [owner, status] of [
      [village.busy, 403],
      [village.reader, 415],
    ]) {
      const response = await fetch(`http://127.0.0.1:${http}/users/${owner}/posts`, {
        method: 'POST',
        headers: { ...viewer, ...form.headers },
        body: new Uint8Array(form.body),
      });
      assert.equal(response.status, status, await response.text());
      assert.equal((await photoOf(http)).status, 200);
    }
  });

  it('finishes the request that is under way when it is told to stop, and takes no new ones', async () => {
    const { http } = await service.listening;
    // It is asked to go on once its head has been read, and waits for its body.
    const waiting = request(`http://127.0.0.1:${http}/photos/2/comments`, {
      method: 'POST',
      headers: { ...viewer, 'content-type': 'application/json', expect: '100-continue' },
    });
    const answered = once(waiting, 'response') as Promise<[IncomingMessage]>;
    waiting.flushHeaders();
    await once(waiting, 'continue');
    service.child.kill('SIGTERM');
    const isRefusing = () =>
      fetch(`http://127.0.0.1:${http}/health/live`).then(
        ({ status }) => status === 503,
        () => true,
      );
    await waitUntil(isRefusing);
    waiting.end(JSON.stringify({ comment: 'in the end' }));
    const [response] = await answered;
    assert.equal(response.statusCode, 201, await text(response));
    assert.deepEqual(await service.exited, { code: 0, signal: null });
  });
});

describe('a start that fails', () => {
  /** One line with a code, no stack, no secret. */
  const assertOneLine = (text: string, pattern: RegExp) => {
    assert.match(text, pattern);
    assert.equal(text.trim().split('\n').length, 1, text);
    assert.doesNotMatch(text, /\bat .*\(|s3cret/);
  };

  it('says which setting is wrong, and ends with 2', async (context) => {
    const wrong: [Record<string, string>, RegExp][] = [
      [{ DARKROOM_PORT: 'eighty' }, /INVALID_CONFIG: DARKROOM_PORT takes/],
      [{ DARKROOM_CANDIDATE: 'cache-asid' }, /INVALID_CONFIG: DARKROOM_CANDIDATE: .*Did you mean/],
      [{ DARKROOM_CANDIDATE: 'cache-aside' }, /INVALID_CONFIG: REDIS_URL must be set/],
      [{ DATABASE_URL: 'mysql://me:s3cret@127.0.0.1/x' }, /INVALID_CONFIG: DATABASE_URL takes/],
      [{ DARKROOM_HOST: '0.0.0.0' }, /INVALID_CONFIG: Lab mode/],
    ];
    await Promise.all(
      wrong.map(async ([environment, pattern]) => {
        const service = start(context, environment);
        assert.equal((await service.exited).code, 2);
        assertOneLine(service.stderr(), pattern);
        const [failed, ...more] = service.told;
        assert.ok(failed?.type === 'failed' && more.length === 0, JSON.stringify(service.told));
        assert.equal(service.stderr(), `darkroom service: ${failed.code}: ${failed.message}\n`);
      }),
    );
  });

  it('says that a port is taken, whichever of its three it is, and ends with 1', async (context) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    context.after(() => other.close());
    const port = String((other.address() as AddressInfo).port);
    for (const variable of ['DARKROOM_PORT', 'DARKROOM_METRICS_PORT', 'DARKROOM_LAB_PORT']) {
      const service = start(context, { [variable]: port, DARKROOM_LOG_LEVEL: 'warn' });
      assert.equal((await service.exited).code, 1);
      assertOneLine(service.stderr(), new RegExp(`EADDRINUSE.*${port}`));
      const [failed] = service.told;
      assert.ok(failed?.type === 'failed');
      assert.deepEqual([failed.code, failed.port], ['EADDRINUSE', Number(port)]);
    }
  });
});
