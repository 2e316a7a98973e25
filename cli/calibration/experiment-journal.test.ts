import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { madeUpMachine, madeUpRecord, madeUpTally } from '../../tests/support/made-up-calibration.ts';
import { methodVersions, openJournal } from './experiment-journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-journal-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let file: string;
let files = 0;
beforeEach(() => {
  files += 1;
  file = join(folder, String(files), 'experiments.jsonl');
});

const recordOf = (key: string) =>
  madeUpRecord({ part: 'a' as const, isAsAssumed: true, tally: madeUpTally() }, { key });
const keysOf = (journal: ReturnType<typeof openJournal>) => journal.records().map(({ key }) => key);

describe('the journal of experiments', () => {
  it('is empty before the first one, and gives back what was appended', () => {
    const journal = openJournal(file, madeUpMachine);
    assert.deepEqual(journal.records(), []);
    journal.append(recordOf('first'));
    journal.append(recordOf('second'));
    assert.deepEqual(openJournal(file, madeUpMachine).records(), [recordOf('first'), recordOf('second')]);
    assert.equal(readFileSync(file, 'utf8').split('\n').length, 3);
  });

  it('forgives a line that was not written to its end', () => {
    const journal = openJournal(file, madeUpMachine);
    journal.append(recordOf('first'));
    appendFileSync(file, '{"method":1,"mach');
    assert.deepEqual(keysOf(journal), ['first']);
    journal.append(recordOf('second'));
    assert.deepEqual(keysOf(journal), ['first', 'second']);
  });

  it('counts only what this kind of machine has done by this version of the method', () => {
    const journal = openJournal(file, madeUpMachine);
    journal.append(recordOf('own'));
    journal.append({ ...recordOf('older'), method: methodVersions.a - 1 });
    journal.append({ ...recordOf('more cores'), machine: { ...madeUpMachine, cores: 4 } });
    journal.append({ ...recordOf('other CPU'), machine: { ...madeUpMachine, cpu: 'another' } });
    assert.deepEqual(keysOf(journal), ['own']);
  });

  it('forgets the parts that it is told to, of this kind of machine', () => {
    const journal = openJournal(file, madeUpMachine);
    const other = { ...madeUpMachine, cores: 4 };
    journal.append(recordOf('a'));
    journal.append({ ...recordOf('a elsewhere'), machine: other });
    const command = { exitCode: 0, status: 'ok', rounds: 7, verdicts: {} };
    journal.append(madeUpRecord({ part: 'd', foreignCores: 0, command }, { key: 'd' }));
    journal.forget(['a', 'b']);
    assert.deepEqual(keysOf(journal), ['d']);
    assert.deepEqual(keysOf(openJournal(file, other)), ['a elsewhere']);
  });
});
