import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asItIs, brokenVariants } from './broken-variants.ts';
import { simulate } from './simulate.ts';
import { simulateSeeds } from './simulate-seeds.ts';

/** More of them, and others: `npm run gateway-simulation -- --seeds 100000`. */
const seeds = 2_000;

describe('the protocol of the gateways, in simulation', () => {
  test('TG-1: no consistent read misses what was acknowledged or read by anybody before it, whatever is stopped, killed, cut or late', () => {
    const result = simulateSeeds(1, seeds, asItIs);
    assert.deepEqual(
      result.failed.map(({ seed, violations }) => `seed ${seed}: ${violations.join('; ')}`),
      [],
    );
    // It met what it is there for.
    assert.ok(result.epochs > seeds * 1.5, result.text);
    assert.ok(result.acknowledgedWrites > seeds * 20, result.text);
    assert.ok(result.reads > result.refusals, result.text);
    assert.ok(result.refusals > seeds, result.text);
    assert.ok(result.staleReads > seeds, result.text);
  });

  for (const { name, behaviour, seed, violates } of brokenVariants) {
    test(`is not kept when ${name}: seed ${seed} shows it`, () => {
      assert.match(simulate(seed, behaviour).violations.join('\n'), violates);
      assert.deepEqual(simulate(seed, asItIs).violations, []);
    });
  }

  test('the same seed is the same run', () => {
    assert.deepEqual(simulate(42, asItIs), simulate(42, asItIs));
  });
});
