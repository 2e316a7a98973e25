import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import fastify from 'fastify';
import type { LightMyRequestResponse } from 'fastify';
import { assertProblem } from '../../tests/support/test-app.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { shedLoad } from './load-shedding.ts';
import { registerProblemDetails } from './problem-details.ts';
import type { App } from './route-parts.ts';

let app: App;
/** Requests that got as far as their handler. */
let handled = 0;
beforeEach(() => {
  handled = 0;
  app = fastify() as App;
  registerProblemDetails(app);
});
afterEach(() => app.close());

async function start(abovePercent: number): Promise<void> {
  await shedLoad(app, abovePercent);
  const handler = () => {
    handled += 1;
    return 'here';
  };
  app.get('/photos/:id', handler);
  app.post('/posts', { config: { form: { type: 'object', properties: {} } } }, handler);
  app.get('/health/live', handler);
  await app.ready();
}

/** Keeps the event loop from everything else. */
function block(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt);
}

const ask = (url: string) => app.inject({ method: url === '/posts' ? 'POST' : 'GET', url });

/** Asks again and again with the loop blocked before each time, until so many were refused; none of those was handled. */
async function refusedUnderLoad(url: string, times: number): Promise<LightMyRequestResponse[]> {
  const refused: LightMyRequestResponse[] = [];
  await waitUntil(
    async () => {
      block(60);
      const handledBefore = handled;
      const answer = await ask(url);
      if (answer.statusCode !== 503) return false;
      assert.equal(handled, handledBefore);
      return refused.push(answer) === times;
    },
    60_000,
    0,
  );
  return refused;
}

it('refuses what comes while the event loop is blocked, before it is handled, but for probes', async () => {
  await start(50);
  for (const answer of await refusedUnderLoad('/photos/1', 12)) {
    assertProblem(answer, 503, 'OVERLOADED');
    assert.equal(answer.headers['retry-after'], '1');
    assert.equal((await ask('/health/live')).statusCode, 200);
  }
});

it('takes requests again once the loop has time', async () => {
  await start(50);
  await refusedUnderLoad('/photos/1', 1);
  await waitUntil(async () => (await ask('/photos/1')).statusCode === 200, 60_000, 50);
});

it('refuses uploads before all else', async () => {
  // The others are refused beyond all of the time, which is never; a machine that is busy itself gives less than 95 % of it now and then.
  await start(100);
  for (const answer of await refusedUnderLoad('/posts', 5)) {
    assertProblem(answer, 503, 'OVERLOADED');
    assert.equal((await ask('/photos/1')).statusCode, 200);
  }
});

it('does nothing to a process that has time', async () => {
  await start(90);
  // Twelve looks in a row, each at a loop that had time. A busy machine gives it none now and then.
  let inARow = 0;
  await waitUntil(
    async () => {
      inARow = (await ask('/photos/1')).statusCode === 200 ? inARow + 1 : 0;
      return inARow === 12;
    },
    60_000,
    60,
  );
  assert.ok(handled >= 12);
});
