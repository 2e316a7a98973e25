import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { CommandError } from '../errors.ts';
import { awaitLock, holdLock } from './file-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-locks-'));
after(() => rmSync(folder, { recursive: true }));
const { context, remove } = createTestStack();
after(remove);

/** What a process of its own is told of a lock, before it is killed. */
function askAnother(file: string): string {
  const script = `
    import { holdLock } from ${JSON.stringify(join(import.meta.dirname, 'file-lock.ts'))};
    const lock = holdLock(${JSON.stringify(file)});
    process.stdout.write(lock === null ? 'held' : 'free', () => process.kill(process.pid, 'SIGTERM'));
    setInterval(() => {}, 1_000);`;
  try {
    return execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    return String((error as { stdout: unknown }).stdout);
  }
}

test('a lock is held against this process and others until it is released, and says nothing on stderr', () => {
  const file = join(folder, 'a.lock');
  const lock = holdLock(file);
  assert.ok(lock !== null);
  assert.equal(holdLock(file), null);
  assert.equal(askAnother(file), 'held');
  lock.release();
  assert.equal(askAnother(file), 'free');
  const again = holdLock(file);
  assert.ok(again !== null, 'the lock of a killed process is free');
  again.release();
});

test('the lock of an earlier version, which is a file with a process id, is taken over', () => {
  const file = join(folder, 'old.lock');
  writeFileSync(file, JSON.stringify({ pid: 1, startTime: '7' }));
  const lock = holdLock(file);
  assert.ok(lock !== null);
  assert.equal(askAnother(file), 'held');
  lock.release();
});

test('where there can be no lock it is said, with what to do', () => {
  assert.throws(
    () => holdLock(join(folder, 'no-such-folder', 'a.lock')),
    (error) => {
      assert.ok(error instanceof CommandError);
      assert.match(error.message, /cannot be locked/);
      assert.match(error.remedy ?? '', /on a local disk/);
      return error.reason === 'cannotProvision';
    },
  );
});

/** Stands for a file system that refuses locks and hard links. */
const refusing = `
  #define _GNU_SOURCE
  #include <errno.h>
  #include <fcntl.h>
  #include <stdarg.h>
  #include <dlfcn.h>
  static int answer(const char *name, int fd, int command, void *argument) {
    if (command == F_SETLK) { errno = REFUSAL; return -1; }
    return ((int (*)(int, int, ...))dlsym(RTLD_NEXT, name))(fd, command, argument);
  }
  #define LIKE(name) int name(int fd, int command, ...) { \\
    va_list all; va_start(all, command); void *argument = va_arg(all, void *); va_end(all); \\
    return answer(#name, fd, command, argument); }
  LIKE(fcntl)
  LIKE(fcntl64)
  int link(const char *from, const char *to) { errno = EPERM; return -1; }`;

function compile(refusal: string): string | null {
  const library = join(folder, `${refusal}.so`);
  const args = ['-shared', '-fPIC', `-DREFUSAL=${refusal}`, '-o', library, '-x', 'c', '-', '-ldl'];
  try {
    execFileSync('cc', args, { input: refusing, stdio: ['pipe', 'ignore', 'ignore'] });
    return library;
  } catch {
    return null;
  }
}

// NFS without its lock service says the first, which SQLite takes for "somebody has it".
for (const refusal of ['ENOLCK', 'EOPNOTSUPP', 'EINVAL']) {
  test(`a file system that refuses locks (${refusal}) is named, and not taken for a busy one`, (t) => {
    const library = process.platform === 'linux' ? compile(refusal) : null;
    if (library === null) return t.skip('needs a C compiler of Linux');
    const script = `
      import { holdLock } from ${JSON.stringify(join(import.meta.dirname, 'file-lock.ts'))};
      try { holdLock(${JSON.stringify(join(folder, 'refused.lock'))}); }
      catch (error) { console.log(error.reason + ': ' + error.message); }`;
    const said = execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, LD_PRELOAD: library },
    });
    assert.match(said, /^cannotProvision: .*refused\.lock cannot be locked: its file system has no locks/);
  });
}

test('who waits for a lock says once whom for, and gets it when it is released', async () => {
  const file = join(folder, 'b.lock');
  const lock = holdLock(file);
  const said: string[] = [];
  let isToldTwice = false;
  const report = (message: string) => {
    isToldTwice = said.push(message) > 1;
    lock?.release();
  };
  const waited = await awaitLock({ ...context, report }, file, 'building k6');
  assert.deepEqual(said, [`Another run is building k6; waiting for it (it has ${file}) ...`]);
  assert.equal(isToldTwice, false);
  waited.release();
  assert.ok(existsSync(file));
});

test('who waits for a lock is interrupted by Ctrl-C', async () => {
  const lock = holdLock(join(folder, 'c.lock'));
  const signal = AbortSignal.abort();
  const waiting = awaitLock({ ...context, signal }, join(folder, 'c.lock'), 'building k6');
  await assert.rejects(waiting, (error) => error instanceof CommandError && error.reason === 'interrupted');
  lock?.release();
});
