import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createSeededDatabase } from '../../tests/support/test-app.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { serviceKind } from '../../app/contract/process-kind.ts';
import { startWorldProcess } from './start-world-process.ts';

const { context, remove } = createTestStack();
after(remove);

test('a replica is started with the slowdown that it is to have', async (t) => {
  const database = await createSeededDatabase();
  t.after(() => database.drop());
  const replica = await startWorldProcess(context, join(import.meta.dirname, '..', '..'), {
    kind: serviceKind(1),
    name: 'slowed-1',
    candidate: 'no-cache',
    databaseUrl: database.url,
    redis: null,
    mediaFolder: tmpdir(),
    port: 0,
    telemetry: { mode: 'metrics', otlpEndpoint: null },
    slowdown: 'every=2,by=10%',
  });
  try {
    const timings: (string | null)[] = [];
    for (let request = 1; request <= 4; request += 1) {
      const response = await fetch(`${replica.address}/photos/1`);
      await response.text();
      timings.push(response.headers.get('server-timing'));
    }
    assert.deepEqual(
      timings.map((timing) => timing?.startsWith('slowdown;dur=') ?? false),
      [false, true, false, true],
    );
  } finally {
    await replica.process.stop();
  }
});
