import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  inventPlan,
  inventResult,
  inventTogether,
  inventTurns,
  usual,
  inventCounts,
} from '../../tests/support/invented-experiment.ts';
import type { Changes } from '../../tests/support/invented-experiment.ts';
import { unknownHitRatios } from './measured-results.ts';
import type { SummaryInput } from './summarise.ts';

const plan = inventPlan('together');
const notesOf = (changes: Changes = {}, more: Partial<SummaryInput> = {}): string =>
  inventResult(plan, inventTogether(usual, changes), more).notes.join('\n');

test('a busy machine is said in one sentence, by whom, and what it does to the figures', () => {
  const notes = notesOf({
    round: (round) => ({
      ...round,
      machine: {
        ...round.machine,
        foreignCpuShare: [0.63, 0.12, 0.2][round.round] ?? 0.05,
        stealShare: round.round === 7 ? 0.04 : 0.002,
      },
    }),
  });
  assert.match(
    notes,
    /^The machine was busy in 3 of 9 rounds \(other programs up to 20 %, steal up to 4 %\): intervals are wider, and differences look smaller than on a quiet machine\.$/m,
  );
  assert.match(
    notes,
    /^CPU of the machine, mean of the rounds: the experiment 60 %, other programs 7 %, steal 0\.6 %\.$/m,
  );
});

test('a quiet machine is not called busy, and one that tells nothing is not described', () => {
  const quiet = notesOf();
  assert.doesNotMatch(quiet, /busy/);
  assert.match(quiet, /the experiment 60 %, other programs 2 %, steal 0 %/);
  const silent = notesOf({
    round: (round) => ({
      ...round,
      machine: { ...round.machine, foreignCpuShare: null, stealShare: null, ownCpuShare: null },
    }),
  });
  assert.doesNotMatch(silent, /busy|CPU of the machine/);
});

test('the driver tells its own figures', () => {
  assert.match(
    notesOf(),
    /^Driver: requests were sent 1\.4 ms late at the median, 9\.0 ms at the p99 \(in no response time\); 10 % opened a connection\.$/m,
  );
  const lossy = notesOf({ round: (round) => ({ ...round, dropped: round.round === 1 ? 324 : 0 }) });
  assert.match(lossy, /; 324 of 32400 arrivals were dropped \(1\.0 %\)\./);
});

test('CPU that is in no figure is said', () => {
  const notes = notesOf();
  assert.match(
    notes,
    /^Taken off: CPU used without load, µs\/s app\/pg\/redis: no-cache 17000 \/ 300 \/ n\/a; cache-aside /m,
  );
  // 9 rounds of 40,000 µs over 9 × 4 × 1,000 requests.
  assert.match(notes, /that belongs to none of them \(checkpointer, WAL\), 10 µs per request\.$/m);
  const unknown = notesOf({
    experiment: { idleCpu: [] },
    round: (round) => ({ ...round, machine: { ...round.machine, sharedPostgresCpuUs: null } }),
  });
  assert.doesNotMatch(unknown, /Taken off|belongs to none/);
});

test('lifetimes of entries are told, and a doubt where there were few', () => {
  assert.match(
    notesOf(),
    /^TTL: cache-aside, versioned lived 1\.4 × their ttl of 60 s: expiry hardly exercised\.$/m,
  );
  assert.match(
    notesOf({}, { livedSeconds: 180 }),
    /^TTL: cache-aside, versioned lived 3\.0 × their ttl of 60 s\.$/m,
  );
  assert.doesNotMatch(notesOf({}, { livedSeconds: null }), /TTL/);
  const names = ['no-cache', 'cache-aside:ttl=5s', 'versioned'];
  const shapes = Object.fromEntries(
    [...names, 'no-cache′'].map((name) => [name, usual[name] ?? usual['cache-aside']] as const),
  ) as typeof usual;
  const { notes } = inventResult(inventPlan('together', names), inventTogether(shapes));
  assert.ok(notes.includes('TTL: cache-aside:ttl=5s lived 16.8 × its ttl of 5 s.'), notes.join('\n'));
  assert.ok(notes.some((note) => note.startsWith('TTL: versioned lived 1.4 × its ttl of 60 s: ')));
});

test('hit ratios hold at their rate, where anything caches', () => {
  assert.match(notesOf(), /^Hit ratios hold at this rate: 75 requests\/s per candidate, of 500 people\.$/m);
  assert.doesNotMatch(notesOf({ rounds: 0 }), /Hit ratios|TTL|Not exercised/);
});

test('why it ended is said, unless it had the rounds that were asked for', () => {
  const endedBy = (stoppedBecause: 'precision' | 'no-gain' | 'time-limit' | 'rounds') =>
    notesOf({ experiment: { stoppedBecause } });
  assert.match(endedBy('precision'), /^Stopped after 9 rounds: the intervals are as narrow as was wanted/m);
  assert.match(endedBy('no-gain'), /^Stopped after 9 rounds: ten more would hardly have narrowed/m);
  assert.match(endedBy('time-limit'), /^Stopped after 9 rounds: another did not fit into 5 min 0 s/m);
  assert.doesNotMatch(endedBy('rounds'), /Stopped/);
});

test('a hit ratio that is not predicted, and what was not exercised, are said', () => {
  const notes = notesOf({}, { expectedHitRatios: new Map([['versioned', unknownHitRatios]]) });
  assert.match(notes, /^Not predicted: the hit ratio of versioned;/m);
  assert.match(notes, /^Not exercised: no entry of a memory tier expired/m);
  const exercised = notesOf({
    block: (block) => ({ ...block, counts: inventCounts({ evictions: { expired: 1, evicted: 1 } }) }),
  });
  assert.doesNotMatch(exercised, /Not exercised/);
});

test('as many worlds as have differed by more than is known are said, where they started once', () => {
  const six = inventPlan('together', [
    'cache-aside',
    'versioned',
    'write-through',
    'read-through',
    'ttl-only',
  ]);
  const told = (of: typeof plan) => inventResult(of, inventTogether(usual)).notes.join('\n');
  assert.doesNotMatch(told(plan), /starts differ/);
  assert.match(told(six), /^What starts differ by is known for 4 worlds at once, and these are 6:/m);
  assert.doesNotMatch(told({ ...six, parts: 2 }), /starts differ/);
});

test('in turns unsteady blocks are counted, and there is nothing of all worlds to say', () => {
  const experiment = inventTurns(usual, {
    block: (block) => (block.round === 2 ? { ...block, status: 'unsteady' } : block),
  });
  const notes = inventResult(inventPlan('turns'), experiment).notes.join('\n');
  assert.match(notes, /^Not steady: 4 of 28 blocks drifted/m);
  assert.doesNotMatch(notes, /Driver:|CPU of the machine|Taken off/);
});

test('requests that went past a dead edge are told of whose edge it was, and of nobody else', () => {
  assert.doesNotMatch(notesOf(), /dead edge/);
  const notes = notesOf({
    block: (block) => ({ ...block, pastEdge: block.candidate === 'versioned' && block.round < 3 ? 2 : 0 }),
  });
  assert.match(notes, /^Past a dead edge: 4 of \d+ requests to versioned were refused by its edge/m);
  assert.equal(notes.match(/dead edge/g)?.length, 1);
});
