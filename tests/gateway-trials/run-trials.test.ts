import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { MetadataClient, Refusal } from './metadata-client.ts';
import { runTrials } from './run-trials.ts';
import { isProof } from './trial-report.ts';

/** What a gateway makes of the version that is acknowledged, and of the one that is stored by now. */
type Show = (acknowledged: number, stored: number) => number | Refusal;

/** Gateways that all write to one place. */
function createGateways(shown: readonly Show[]): MetadataClient[] {
  const acknowledged = new Map<number, number>();
  const stored = new Map<number, number>();
  return shown.map((show) => ({
    async write(recordId) {
      const version = (stored.get(recordId) ?? 0) + 1;
      stored.set(recordId, version);
      for (let turns = 0; turns < 10; turns += 1) await turn();
      acknowledged.set(recordId, version);
      return version;
    },
    async read(recordId) {
      await turn();
      return show(acknowledged.get(recordId) ?? 0, stored.get(recordId) ?? 0);
    },
    close: () => {},
  }));
}

const settings = { trials: 30, atOnce: 3, consistency: 'consistent' } as const;
const whole: Show = (acknowledged) => acknowledged;

test('gateways that show all that was written miss nothing', async () => {
  const { watched, ...result } = await runTrials(createGateways([whole, whole, whole]), settings);
  assert.deepEqual(result, { trials: 30, stale: 0, backward: 0, refusals: {} });
  assert.ok(watched > 30, `${watched} reads by those who write nothing`);
});

test('what a gateway misses is counted, and a read behind an earlier one too', async () => {
  const late: Show = (acknowledged) => acknowledged - 1;
  const result = await runTrials(createGateways([whole, late]), settings);
  assert.deepEqual([result.trials, result.stale], [30, 30]);
  // Read through the whole one first, in the trials that wrote through the late one.
  assert.ok(result.backward >= 15, `${result.backward} went back`);
});

test('what is shown before it is acknowledged, and then not, went back and is not stale', async () => {
  const early: Show = (_, stored) => stored;
  const { stale, backward } = await runTrials(createGateways([early, whole]), settings);
  assert.equal(stale, 0);
  assert.ok(backward > 0, 'nobody saw it');
});

test('a refusal is counted by its code, and asked again', async () => {
  let reads = 0;
  const busy: Show = (acknowledged) => {
    reads += 1;
    return reads === 1 ? { refused: 'GATEWAY_NOT_SYNCHRONISED' } : acknowledged;
  };
  const result = await runTrials(createGateways([busy]), { ...settings, trials: 1, atOnce: 1 });
  assert.deepEqual([result.trials, result.stale, result.backward], [1, 0, 0]);
  assert.deepEqual(result.refusals, { GATEWAY_NOT_SYNCHRONISED: 1 });
});

test('trials prove something only where all were made, stale reads could be seen, and leaders were killed and stopped', () => {
  const good = { trials: 9, stale: 0, backward: 0, watched: 9, refusals: {} };
  const proof = {
    synchronised: [good, good],
    free: { ...good, stale: 1 },
    disturbance: { killed: 1, stopped: 1 },
    isWhole: true,
  };
  assert.ok(isProof(proof));
  for (const lacking of [
    { isWhole: false },
    { free: good },
    { disturbance: { killed: 0, stopped: 1 } },
    { disturbance: { killed: 1, stopped: 0 } },
    { synchronised: [good, { ...good, stale: 1 }] },
    { synchronised: [good, { ...good, backward: 1 }] },
    { synchronised: [good, { ...good, watched: 0 }] },
  ])
    assert.ok(!isProof({ ...proof, ...lacking }), JSON.stringify(lacking));
});
