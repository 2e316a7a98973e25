import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOverload } from '../experiment/guards.ts';
import { planExperiment } from '../experiment/plan-experiment.ts';
import type { CompareOptions } from '../experiment/plan-experiment.ts';
import type { BlockRecord, GuardFinding } from '../experiment/records.ts';
import { inventPlan, inventResult, inventTurns, usual } from '../../tests/support/invented-experiment.ts';
import { renderTable } from './table.ts';

const dropped: GuardFinding = {
  guard: 'dropped-arrivals',
  kind: 'hard',
  fault: 'generator',
  message: '40 arrivals were dropped',
};
const plan = { ...inventPlan('turns'), isBeyondLimit: true };

const overloading = (...labels: readonly string[]) => ({
  block: (block: BlockRecord): BlockRecord =>
    labels.includes(block.candidate) && block.round > 0
      ? { ...block, status: 'overloaded', findings: [dropped] }
      : block,
});

test('a candidate that does not carry the rate is a result: in the table, in JSON, in a sentence, and with exit 0', () => {
  const result = inventResult(plan, inventTurns(usual, overloading('cache-aside')));
  assert.deepEqual([result.status, result.exitCode], ['ok', 0]);
  const [own, other] = ['cache-aside', 'versioned'].map((name) =>
    result.candidates.find((candidate) => candidate.name === name),
  );
  assert.deepEqual([own?.overloadedRounds, other?.overloadedRounds], [result.manifest.order.length, 0]);
  const text = renderTable(result);
  assert.match(text, /^cache-aside .* overloaded$/m);
  assert.match(text, /Beyond its limit: cache-aside did not carry 75 requests\/s in 7 rounds/);
  assert.match(text, /cache-aside does not carry this rate: 40 arrivals were dropped/);
  assert.notEqual(result.comparisons.find(({ candidate }) => candidate === 'versioned')?.verdict, null);
});

test('a baseline that does not carry the rate withholds every verdict, and is a result all the same', () => {
  const result = inventResult(plan, inventTurns(usual, overloading('no-cache', 'no-cache′')));
  assert.deepEqual([result.status, result.exitCode, result.withheldReason], ['ok', 0, null]);
  const ofBaseline = result.comparisons.filter(({ baseline }) => baseline === 'no-cache');
  assert.ok(ofBaseline.length > 0 && ofBaseline.every(({ verdict }) => verdict === null));
});

test('a block is overloaded where nothing but the rate is at fault', () => {
  const lost: GuardFinding = { ...dropped, guard: 'replica-lost', fault: 'service' };
  assert.ok(isOverload([dropped, { ...dropped, guard: 'errors' }]));
  assert.ok(isOverload([dropped, { ...lost, kind: 'soft' }]));
  assert.equal(isOverload([dropped, lost]), false);
  assert.equal(isOverload([{ ...dropped, guard: 'foreign-cpu', fault: 'machine' }]), false);
  assert.equal(isOverload([]), false);
});

test('together nobody is driven beyond the limit', () => {
  const options: CompareOptions = {
    scenario: 'feed-browsing',
    profile: 'demo',
    replicas: 2,
    telemetry: 'metrics',
    seed: 1,
    pacing: 'together',
    beyondLimit: true,
  };
  assert.throws(() => planExperiment([], options), /beyond its limit alone/);
  assert.equal(planExperiment([], { ...options, pacing: 'turns' }).isBeyondLimit, true);
});
