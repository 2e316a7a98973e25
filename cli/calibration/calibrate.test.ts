import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { madeUpMachine, madeUpTally } from '../../tests/support/made-up-calibration.ts';
import { CommandError } from '../errors.ts';
import { calibrate, missingOf } from './calibrate.ts';
import { planCalibration } from './calibration-sizes.ts';
import type { PlannedExperiment } from './calibration-sizes.ts';
import { openJournal } from './experiment-journal.ts';
import type { PartOutcome } from './experiment-journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-calibrate-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const planned = planCalibration('smoke', ['a']).slice(0, 5);
const madeUp: PartOutcome = { part: 'a', isAsAssumed: true, tally: madeUpTally() };

let journal: ReturnType<typeof openJournal>;
let files = 0;
let abort: AbortController;
const clock = createFakeClock();
beforeEach(() => {
  files += 1;
  journal = openJournal(join(folder, `${files}.jsonl`), madeUpMachine);
  abort = new AbortController();
});

/** Runs a calibration whose experiments are made up; returns which were begun and what was said. */
async function runWith(run: (planned: PlannedExperiment) => Promise<PartOutcome>) {
  const begun: string[] = [];
  const said: string[] = [];
  const counted = (next: PlannedExperiment) => {
    begun.push(next.key);
    clock.advance(2_500);
    return run(next);
  };
  const { signal } = abort;
  const report = (message: string) => void said.push(message);
  const result = calibrate({ planned, journal, machine: madeUpMachine, run: counted, clock, signal, report });
  const failure: unknown = await result.then(
    () => null,
    (error: unknown) => error,
  );
  return { begun, said, failure };
}

const keys = planned.map(({ key }) => key);
const finished = () => journal.records().map(({ key }) => key);

describe('a calibration', () => {
  it('runs everything once, in its order, and keeps how long it took', async () => {
    const { begun } = await runWith(async () => madeUp);
    assert.deepEqual(begun, keys);
    assert.deepEqual(finished(), keys);
    assert.deepEqual(new Set(journal.records().map(({ seconds }) => seconds)), new Set([2.5]));
    assert.deepEqual((await runWith(async () => madeUp)).begun, []);
  });

  it('goes on where it was stopped, and keeps nothing of an experiment that was cut short', async () => {
    const stopped = await runWith(async ({ key }) => {
      if (key === keys[2]) abort.abort();
      return madeUp;
    });
    assert.deepEqual(stopped.begun, keys.slice(0, 3));
    assert.deepEqual(finished(), keys.slice(0, 2));
    assert.equal(missingOf({ planned, journal }).length, 3);
    abort = new AbortController();
    const rest = await runWith(async () => madeUp);
    assert.deepEqual(rest.begun, keys.slice(2));
    assert.match(rest.said[0] ?? '', /^2 of 5 experiments were finished before/);
    assert.deepEqual(finished(), keys);
  });

  it('is quiet about what fails because it was stopped', async () => {
    const { failure } = await runWith(() => {
      abort.abort();
      return Promise.reject(new CommandError('interrupted', 'interrupted'));
    });
    assert.equal(failure, null);
    assert.deepEqual(finished(), []);
  });

  it('leaves out an experiment that fails, and gives up when several do', async () => {
    const failing = new Set(keys.slice(0, 1));
    const run = ({ key }: PlannedExperiment) =>
      failing.has(key)
        ? Promise.reject(new CommandError('serviceFailed', 'it died'))
        : Promise.resolve(madeUp);
    const once = await runWith(run);
    assert.equal(once.failure, null);
    assert.deepEqual(finished(), keys.slice(1));
    assert.ok(once.said.some((message) => message.includes('it died')));
    journal.forget(['a']);
    for (const key of keys) failing.add(key);
    const often = await runWith(run);
    assert.ok(often.failure instanceof CommandError);
    assert.equal(often.begun.length, 3);
  });

  it('does not go on after a failure that nobody foresaw', async () => {
    const { begun, failure } = await runWith(() => Promise.reject(new TypeError('a mistake')));
    assert.ok(failure instanceof TypeError);
    assert.equal(begun.length, 1);
  });
});
