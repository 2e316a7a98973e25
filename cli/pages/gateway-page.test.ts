import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inventPlan, inventResult, inventTurns } from '../../tests/support/invented-experiment.ts';
import { composeGatewayPage } from './gateway-page.ts';

const shape = { medianMs: 4, queries: 1, memoryHits: 0 };
const plan = inventPlan('turns', ['no-cache:gateway=leader', 'no-cache:gateway=consistent']);
const labels = plan.candidates.map(({ label }) => label);
const invented = inventResult(plan, inventTurns(Object.fromEntries(labels.map((label) => [label, shape]))));

function runOf(load: string, overloaded: string) {
  const candidates = invented.candidates.map((one) => {
    const isLeader = one.config['gateway'] === 'leader';
    const figures = { p50: isLeader ? 4 : 5, p80: 10, p99: isLeader ? 60 : 10, syncDelaySecondsMean: 0.003 };
    return {
      ...one,
      overloadedRounds: one.name === overloaded ? 3 : 0,
      requests: isLeader ? 2_020 : 3_000,
      errors: isLeader ? 20 : 0,
      figures: {
        ...one.figures,
        ...figures,
        leaderCpuUsPerQuery: isLeader ? 900 : 40,
        gatewayCpuUsPerQuery: 700,
        cpuUsPerRequest: isLeader ? 20_000 : 10_000,
        driverCpuUsPerRequest: 10_000,
      },
    };
  });
  return { command: `./darkroom compare ${load}`, result: { ...invented, candidates } };
}

const runs = {
  moderate: runOf('moderate', ''),
  near: runOf('near', ''),
  beyond: runOf('beyond', 'no-cache:gateway=leader'),
};
const page = composeGatewayPage({ limit: { carried: 180, notCarried: 270 }, runs });

test('the page of the gateway holds our ratios beside the published ones, also where the replica is slower', () => {
  assert.match(page, /^\| moderate, 75\/s \| p99 \| 60\.0 ms → 10\.0 ms \| 6\.00 × \| – \| 9\.70 × \|$/m);
  assert.match(
    page,
    /^\| near, 75\/s \| p50 \| 4\.00 ms → 5\.00 ms \| 0\.80 × \| 0\.96–1\.03 \| 0\.89 × \|$/m,
  );
  assert.match(page, /carried 180 requests\/s and not 270/);
  assert.match(page, /Synchronisation took 3\.0 ms on average/);
  assert.match(page, /`no-cache:gateway=leader` did not carry the rate; `no-cache:gateway=consistent` did\./);
  assert.match(
    page,
    /a query took 900 µs of the leader .* it took 40 µs of the leader and\n700 µs of a gateway/,
  );
  assert.doesNotMatch(page, /undefined|NaN/);
});

test('the page says what load was answered beside the published one, and which CPU is full near the limit', () => {
  assert.match(
    page,
    /^\| beyond, 75\/s \| answers, with ÷ without \| 2,000 → 3,000 \| 1\.50 × \| – \| at least 2\.00 × \|$/m,
  );
  assert.match(
    page,
    /take\n1\.50 s of what serves and 0\.75 s of k6 with `gateway=leader`.*\n0\.75 s of what serves and 0\.75 s/,
  );
});

test('a rate that was not tried is not told of', () => {
  const slow = composeGatewayPage({ limit: { carried: null, notCarried: 60 }, runs });
  assert.match(slow, /`gateway=leader` did not carry 60 requests\/s, the first rate that was tried\. The/);
  const fast = composeGatewayPage({ limit: { carried: 1538, notCarried: null }, runs });
  assert.match(fast, /`gateway=leader` carried 1538 requests\/s\. The/);
});

test('what the page refers to is there', () => {
  const folder = join(import.meta.dirname, '..', '..', 'docs', 'systems');
  const links = [...page.matchAll(/\]\((\.\.[^)]+)\)/g)].map(([, link = '']) => link);
  assert.ok(links.length > 0);
  for (const link of links) assert.ok(existsSync(join(folder, link)), link);
});
