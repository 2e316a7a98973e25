import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetadataClient, Refusal } from './metadata-client.ts';
import { runTrials } from './run-trials.ts';

/** Gateways that all write to one place, and of which each shows what `shown` makes of its version. */
function createGateways(shown: readonly ((version: number) => number | Refusal)[]): MetadataClient[] {
  const versions = new Map<number, number>();
  return shown.map((show) => ({
    async write(recordId) {
      const version = (versions.get(recordId) ?? 0) + 1;
      versions.set(recordId, version);
      return version;
    },
    read: async (recordId) => show(versions.get(recordId) ?? 0),
    close: () => {},
  }));
}

const settings = { trials: 30, atOnce: 3, consistency: 'consistent' } as const;
const whole = (version: number): number => version;

test('gateways that show all that was written miss nothing', async () => {
  const result = await runTrials(createGateways([whole, whole, whole]), settings);
  assert.deepEqual(result, { trials: 30, stale: 0, backward: 0, refusals: {} });
});

test('what a gateway misses is counted, and a read behind an earlier one too', async () => {
  const late = (version: number): number => version - 1;
  const result = await runTrials(createGateways([whole, late]), settings);
  assert.deepEqual([result.trials, result.stale], [30, 30]);
  // Read through the whole one first, in the trials that wrote through the late one.
  assert.equal(result.backward, 15);
});

test('a refusal is counted by its code, and asked again', async () => {
  let reads = 0;
  const busy = (version: number): number | Refusal => {
    reads += 1;
    return reads === 1 ? { refused: 'GATEWAY_NOT_SYNCHRONISED' } : version;
  };
  const result = await runTrials(createGateways([busy]), { ...settings, trials: 1, atOnce: 1 });
  assert.deepEqual(result, { trials: 1, stale: 0, backward: 0, refusals: { GATEWAY_NOT_SYNCHRONISED: 1 } });
});
