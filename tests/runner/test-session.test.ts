import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { isRunning } from '../support/run-cli.ts';
import { waitUntil } from '../support/wait-until.ts';
import { addOutcomes, describeOutcome, describeSkipped, isGreen } from './outcome.ts';
import type { Outcome } from './outcome.ts';

const root = mkdtempSync(join(tmpdir(), 'darkroom-session-'));
after(() => rmSync(root, { recursive: true }));

/** Plants test files, and a script that runs them as the test command would. */
function plant(texts: Readonly<Record<string, string>>, fileLimitMs: number): string {
  for (const [name, text] of Object.entries(texts))
    writeFileSync(join(root, name), `import { describe, it, before, test } from 'node:test';\n${text}`);
  const session = pathToFileURL(join(import.meta.dirname, 'test-session.ts')).href;
  const script = `
    import { runTestFiles } from '${session}';
    let printed = '';
    const outcome = await runTestFiles({
      root: ${JSON.stringify(root)}, files: ${JSON.stringify(Object.keys(texts))}, concurrency: 1, fileLimitMs: ${fileLimitMs},
      signal: new AbortController().signal, print: (line) => { printed += line + '\\n'; },
    });
    process.stdout.write(JSON.stringify({ ...outcome, printed }));`;
  const file = join(root, 'session.mjs');
  writeFileSync(file, script);
  return file;
}

const { NODE_TEST_CONTEXT: _, ...env } = process.env;

/** Runs one planted test file. */
const outcomeOf = (text: string, fileLimitMs?: number) =>
  outcomeOfAll({ 'planted.test.ts': text }, fileLimitMs);

/** Runs planted test files. A process of its own: the runner does not nest. */
function outcomeOfAll(
  texts: Readonly<Record<string, string>>,
  fileLimitMs = 20_000,
): Outcome & { printed: string } {
  const child = spawnSync(process.execPath, [plant(texts, fileLimitMs)], { encoding: 'utf8', env });
  assert.equal(child.status, 0, child.stderr);
  return JSON.parse(child.stdout) as Outcome & { printed: string };
}

describe('a test session', () => {
  it('counts tests, not suites', () => {
    const { passed, skipped, failures } = outcomeOf(`
      describe('a', () => { describe('b', () => { it('one', () => {}); it('two', () => {}); }); });
      test('three', () => {});
      it.skip('four', () => {});
      it('five', (t) => t.skip('not here'));
      it.todo('six');`);
    assert.deepEqual([passed, failures], [3, []]);
    assert.deepEqual(skipped, [
      'planted.test.ts: four',
      'planted.test.ts: five (not here)',
      'planted.test.ts: six',
    ]);
  });

  it('takes a file whose only suite is skipped for skipped, by name and with the reason', () => {
    const { passed, skipped, failures, printed } = outcomeOf(`
      describe('a page', { skip: 'there is no browser' }, () => { it('one', () => {}); });`);
    assert.deepEqual([passed, failures], [0, []]);
    assert.deepEqual(skipped, ['planted.test.ts: a page (there is no browser)']);
    assert.match(printed, /^ {2}ok planted\.test\.ts/);
  });

  it('reports a failure once, with its place, what was thrown and what was printed', () => {
    const { passed, failures, printed } = outcomeOf(`
      describe('a', () => {
        it('good', () => {});
        it('bad', () => { console.log('a clue'); throw new RangeError('too far', { cause: new TypeError('the root') }); });
      });`);
    assert.equal(passed, 1);
    assert.equal(failures.length, 1);
    assert.match(failures[0]?.title ?? '', /^planted\.test\.ts:5 bad$/);
    for (const text of ['too far', 'the root', 'a clue'])
      assert.ok(failures[0]?.text.includes(text), failures[0]?.text ?? '');
    assert.match(printed, /FAILED planted\.test\.ts:5 bad\n {2}not ok planted\.test\.ts \(1 of 2 passed/);
  });

  for (const [how, lost] of [
    ['thrown in a timer', "setTimeout(() => { throw new RangeError('lost'); }, 1);"],
    ['rejected behind a wait', "(async () => { await wait(1); throw new RangeError('lost'); })();"],
  ] as const)
    it(`an error that nobody awaits is the failure of its test, when it is ${how}`, () => {
      const { passed, failures } = outcomeOf(`
        const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
        it('good', () => {});
        it('bad', async () => { await wait(1); ${lost} await wait(50); });
        it('good too', async () => { await wait(1); });`);
      assert.deepEqual([passed, failures.map(({ title }) => title)], [2, ['planted.test.ts:5 bad']]);
      assert.match(failures[0]?.text ?? '', /lost/);
    });

  const broken = {
    'a file without tests': "describe('a', () => {});",
    'an empty file': '',
    'a file that throws when it is loaded': "throw new RangeError('broken file');",
    'a file that cannot be parsed': 'const = ;',
    'a file that ends its process': "it('one', () => {}); process.exit(3);",
    'a hook that fails':
      "describe('a', () => { before(() => { throw new RangeError('no'); }); it('one', () => {}); });",
    'an error after the test is over':
      "it('one', () => { setTimeout(() => { throw new RangeError('late'); }, 5); });",
    'a promise that nobody awaits': "it('one', () => { Promise.reject(new RangeError('lost')); });",
    'a test that never ends': "it('one', () => new Promise(() => { setInterval(() => {}, 1000); }));",
  };
  for (const [name, text] of Object.entries(broken)) {
    it(`does not take ${name} for a success`, () => {
      assert.ok(outcomeOf(text, 2_000).failures.length > 0);
    });
  }
});

describe('files that share a process', () => {
  const good = "describe('a', () => { it('one', () => {}); it('two', () => {}); });";

  it('are told one by one', () => {
    const { passed, skipped, failures, printed } = outcomeOfAll({
      'one.test.ts': good,
      'two.test.ts': "it('three', () => { throw new RangeError('wrong'); }); it.skip('four', () => {});",
      'three.test.ts': good,
    });
    assert.equal(passed, 4);
    assert.deepEqual(skipped, ['two.test.ts: four']);
    assert.deepEqual(
      failures.map(({ title }) => title),
      ['two.test.ts:2 three'],
    );
    for (const line of [
      /^ {2}ok one\.test\.ts \(2 of 2 passed/m,
      /^ {2}not ok two\.test\.ts \(0 of 2 passed/m,
      /^ {2}ok three\.test\.ts \(2 of 2 passed/m,
    ])
      assert.match(printed, line);
  });

  it('have hooks of their own', () => {
    const { passed, failures } = outcomeOfAll({
      'one.test.ts':
        "let n = 0; before(() => { n += 1; }); it('one', () => { if (n !== 1) throw new RangeError(); });",
      'two.test.ts': "before(() => { throw new RangeError('no'); }); it('two', () => {});",
      'three.test.ts': good,
    });
    assert.equal(passed, 3);
    assert.ok(failures.some(({ title, text }) => title.startsWith('two.test.ts') && text.includes('no')));
  });

  for (const [name, text] of Object.entries({
    'has no tests': "describe('a', () => {});",
    'throws when it is loaded': "throw new RangeError('broken file');",
    'cannot be parsed': 'const = ;',
  }))
    it(`do not hide one that ${name}, which does not hide them`, () => {
      const texts = { 'one.test.ts': good, 'two.test.ts': text, 'three.test.ts': good };
      const { passed, failures } = outcomeOfAll(texts);
      assert.equal(passed, 4);
      assert.equal(failures.length, 1);
      assert.match(failures[0]?.title ?? '', /two\.test\.ts/);
    });
});

it('a session that is killed takes its test file along', async () => {
  const pidFile = join(root, 'pid');
  const text = `import { writeFileSync } from 'node:fs';
    it('goes on for ever', () => new Promise(() => {
      setInterval(() => {}, 1_000);
      writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));
    }));`;
  const session = plant({ 'planted.test.ts': text }, 60_000);
  const child = spawn(process.execPath, [session], { stdio: 'ignore', env });
  await waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  child.kill('SIGKILL');
  await waitUntil(() => !isRunning(pid));
});

describe('the last line', () => {
  const failure = { title: 'x', text: 'y' };

  it('says how many passed and failed, and how many were skipped', () => {
    const outcome = addOutcomes([
      { passed: 2, skipped: [], failures: [] },
      { passed: 1, skipped: [], failures: [failure] },
    ]);
    assert.equal(describeOutcome(outcome), '3 passed, 1 failed');
    assert.equal(describeOutcome({ ...outcome, skipped: ['a', 'b'] }), '3 passed, 1 failed, 2 skipped');
  });

  it('comes after what was skipped, each with how often', () => {
    const outcome: Outcome = { passed: 1, skipped: ['a', 'b (why)', 'a'], failures: [] };
    assert.equal(describeSkipped(outcome), 'Skipped:\n  a, 2 times\n  b (why)');
  });

  it('is green only when something passed and nothing failed', () => {
    assert.ok(isGreen({ passed: 1, skipped: ['a'], failures: [] }));
    assert.ok(!isGreen({ passed: 0, skipped: ['a'], failures: [] }));
    assert.ok(!isGreen({ passed: 9, skipped: [], failures: [failure] }));
  });
});
