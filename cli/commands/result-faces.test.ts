import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CommandError } from '../errors.ts';
import type { CompareResult } from '../report/compare-result.ts';
import { createAttempts, requireShown } from './attempts.ts';
import { createFaces, openForWriting } from './result-faces.ts';
import { createRunFolder } from './run-folder.ts';
import type { Terminal } from './terminal.ts';

const root = mkdtempSync(join(tmpdir(), 'darkroom-faces-test-'));
after(() => rmSync(root, { recursive: true, force: true }));

const result = { status: 'ok', exitCode: 0 } as unknown as CompareResult;
const json = `${JSON.stringify(result, null, 2)}\n`;

function createOutput(jsonFile: string | null, folder: string) {
  const printed: string[] = [];
  const said: string[] = [];
  const terminal = {
    print: (text: string) => void printed.push(text),
    progress: (text: string) => void said.push(text),
    report: (text: string) => void said.push(text),
  } as unknown as Terminal;
  const attempts = createAttempts(terminal);
  return { printed, said, attempts, faces: createFaces(terminal, attempts, folder, jsonFile) };
}

const folderOf = (name: string): string => {
  const folder = join(root, name);
  mkdirSync(folder);
  return folder;
};
const notWritten = (pattern: RegExp) => (error: unknown) =>
  error instanceof CommandError && error.exitCode === 4 && pattern.test(error.message);

const full = '/dev/full';

test(
  'a full disk under --json costs the file only, and has a status of its own',
  { skip: !existsSync(full) },
  () => {
    const folder = folderOf('full');
    const { printed, said, attempts, faces } = createOutput(openForWriting(full), folder);
    faces.show(result, 'the table\n');
    assert.deepEqual(printed, ['the table\n']);
    assert.equal(readFileSync(join(folder, 'result.json'), 'utf8'), json);
    assert.match(said.join('\n'), /--json \/dev\/full failed: ENOSPC/);
    assert.throws(() => requireShown(attempts), notWritten(/failed: --json \/dev\/full\./));
  },
);

test('a run folder that is gone costs neither the table nor --json, and is told once', () => {
  const folder = join(root, 'gone');
  const file = join(root, 'kept.json');
  const { printed, said, attempts, faces } = createOutput(openForWriting(file), folder);
  faces.addBlocks(['{}\n']);
  faces.show(result, 'the table\n');
  assert.deepEqual(printed, ['the table\n']);
  assert.equal(readFileSync(file, 'utf8'), json);
  assert.deepEqual(said.length, 1);
  assert.throws(() => requireShown(attempts), notWritten(new RegExp(folder)));
});

test('--json - is stdout, and nothing else is: the table goes to stderr', () => {
  const { printed, said, attempts, faces } = createOutput(openForWriting('-'), folderOf('stdout'));
  faces.show(result, 'the table\n');
  assert.deepEqual(printed, [json]);
  assert.equal(said[0], 'the table\n');
  assert.equal(existsSync('-'), false);
  requireShown(attempts);
});

test('what waits for something fails by itself, too', async () => {
  const { said, attempts } = createOutput(null, root);
  const broken = () => Promise.reject(new RangeError('no port'));
  assert.equal(await attempts.attemptLater('The live page', broken), null);
  assert.deepEqual(said, ['The live page failed: no port']);
});

test('a place that cannot be written is found before anything starts', () => {
  const usage = (error: unknown) => error instanceof CommandError && error.exitCode === 2;
  assert.throws(() => openForWriting(join(root, 'no-such-folder', 'result.json')), usage);
  assert.throws(() => openForWriting(root), usage);
  if (process.getuid?.() !== 0) {
    const folder = folderOf('read-only');
    chmodSync(folder, 0o500);
    assert.throws(() => openForWriting(join(folder, 'result.json')), usage);
  }
  const state = folderOf('state');
  writeFileSync(join(state, 'runs'), 'in the way');
  const paths = { state } as Parameters<typeof createRunFolder>[0];
  assert.throws(() => createRunFolder(paths, new Date(0)), notWritten(/runs.* cannot be made/));
});
