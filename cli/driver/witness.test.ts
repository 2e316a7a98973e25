import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { runWitness } from './witness.ts';
import type { WitnessCheck } from './witness.ts';

/** A replica that shows every photo at the version that `shown` says. */
async function startReplica(shown: () => number, edit: () => number) {
  const server = createServer((request, response) => {
    const version = request.method === 'PATCH' ? edit() : shown();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ version, ownerId: 7 }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('tells a replica that has the write from one that has not', async (t) => {
  let stored = 3;
  const writer = await startReplica(
    () => stored,
    () => (stored += 1),
  );
  const late = await startReplica(
    () => 3,
    () => (stored += 1),
  );
  const ending = new AbortController();
  const checks: WitnessCheck[] = [];
  t.after(() => {
    ending.abort();
    for (const { server } of [writer, late]) server.close().closeAllConnections();
  });
  const witness = runWitness({
    targets: [writer.address, late.address],
    photos: 10,
    seed: 1,
    signal: ending.signal,
    onCheck: (check) => void checks.push(check),
  });
  await waitUntil(() => checks.filter(({ horizon }) => horizon === '100ms').length >= 2);
  ending.abort();
  await witness;
  const seenBy = (reader: WitnessCheck['reader']) => checks.filter((check) => check.reader === reader);
  const [same] = seenBy('same');
  assert.equal(same?.outcome, 'consistent');
  assert.ok(same.visibleAfterSeconds !== null && same.visibleAfterSeconds >= 0);
  assert.deepEqual(
    // On a busy machine the next look has been taken, too.
    seenBy('other')
      .slice(0, 2)
      .map(({ horizon, outcome, versionsBehind }) => ({ horizon, outcome, versionsBehind })),
    [
      { horizon: '0ms', outcome: 'stale', versionsBehind: 1 },
      { horizon: '100ms', outcome: 'stale', versionsBehind: 1 },
    ],
  );
});

test('asks nobody beyond this machine', async () => {
  const options = { targets: ['http://192.0.2.1:80'], photos: 1, seed: 1, onCheck: () => {} };
  await assert.rejects(runWitness({ ...options, signal: AbortSignal.timeout(1_000) }), RangeError);
});
