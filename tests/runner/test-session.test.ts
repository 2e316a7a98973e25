import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { isRunning } from '../support/run-cli.ts';
import { waitUntil } from '../support/wait-until.ts';
import { describeCpu } from './cpu-use.ts';
import type { CpuUse } from './cpu-use.ts';
import { addOutcomes, describeOutcome, describeSkipped, isGreen } from './outcome.ts';
import type { Outcome } from './outcome.ts';

const root = mkdtempSync(join(tmpdir(), 'darkroom-session-'));
after(() => rmSync(root, { recursive: true }));

/** Runs planted files as the test command would, whenever it is told of some. */
const program = `
  import { runTestFiles } from '${pathToFileURL(join(import.meta.dirname, 'test-session.ts')).href}';
  process.on('message', async ({ files, fileLimitMs }) => {
    let printed = '';
    const cpu = [];
    const outcome = await runTestFiles({
      root: ${JSON.stringify(root)}, files, concurrency: 1, fileLimitMs,
      signal: new AbortController().signal, print: (line) => { printed += line + '\\n'; },
      onCpu: (use) => cpu.push(use),
    });
    process.send({ ...outcome, printed, cpu });
  });`;
const { NODE_TEST_CONTEXT: _, ...env } = process.env;

/** A process of its own: the runner does not nest. */
function startSessions(): ChildProcess {
  const file = join(root, 'sessions.mjs');
  writeFileSync(file, program);
  return fork(file, { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

/** Plants test files and has them run. */
function plant(sessions: ChildProcess, texts: Readonly<Record<string, string>>, fileLimitMs: number): void {
  for (const [name, text] of Object.entries(texts))
    writeFileSync(join(root, name), `import { describe, it, before, test } from 'node:test';\n${text}`);
  sessions.send({ files: Object.keys(texts), fileLimitMs });
}

let sessions: ChildProcess;
let ended: Promise<readonly unknown[]>;
before(() => {
  sessions = startSessions();
  ended = once(sessions, 'exit').then(() => []);
});
after(() => sessions.kill());

type Planted = Outcome & { readonly printed: string; readonly cpu: readonly CpuUse[] };

/** Runs one planted test file. */
const outcomeOf = (text: string, fileLimitMs?: number) =>
  outcomeOfAll({ 'planted.test.ts': text }, fileLimitMs);

async function outcomeOfAll(texts: Readonly<Record<string, string>>, fileLimitMs = 20_000): Promise<Planted> {
  plant(sessions, texts, fileLimitMs);
  const [outcome] = await Promise.race([once(sessions, 'message'), ended]);
  assert.ok(outcome !== undefined, 'the session has ended before its files');
  return outcome as Planted;
}

describe('a test session', () => {
  it('counts tests, not suites', async () => {
    const { passed, skipped, failures } = await outcomeOf(`
      describe('a', () => { describe('b', () => { it('one', () => {}); it('two', () => {}); }); });
      test('three', () => {});
      it.skip('four', () => {});
      it('five', (t) => t.skip('not here'));
      it.todo('six');
      it('seven', { todo: 'next week' }, () => { throw new RangeError('not yet'); });`);
    assert.deepEqual([passed, failures], [3, []]);
    assert.deepEqual(skipped, [
      'planted.test.ts: four',
      'planted.test.ts: five (not here)',
      'planted.test.ts: six',
      'planted.test.ts: seven (next week)',
    ]);
  });

  it('takes a file whose only suite is skipped for skipped, by name and with the reason', async () => {
    const { passed, skipped, failures, printed } = await outcomeOf(`
      describe('a page', { skip: 'there is no browser' }, () => { it('one', () => {}); });`);
    assert.deepEqual([passed, failures], [0, []]);
    assert.deepEqual(skipped, ['planted.test.ts: a page (there is no browser)']);
    assert.match(printed, /^ {2}ok planted\.test\.ts/);
  });

  it('reports a failure once, with its place, what was thrown and what was printed', async () => {
    const { passed, failures, printed } = await outcomeOf(`
      describe('a', () => {
        it('good', () => { for (let line = 0; line < 100; line += 1) console.log('x'.repeat(10_000)); });
        it('bad', () => { console.log('a clue'); throw new RangeError('too far', { cause: new TypeError('the root') }); });
      });`);
    assert.equal(passed, 1);
    assert.equal(failures.length, 1);
    assert.match(failures[0]?.title ?? '', /^planted\.test\.ts:5 bad$/);
    for (const text of ['too far', 'the root', 'a clue'])
      assert.ok(failures[0]?.text.includes(text), failures[0]?.text.slice(-2_000) ?? '');
    assert.ok((failures[0]?.text.length ?? 0) < 500_000, 'the end of what is printed is enough');
    assert.match(printed, /FAILED planted\.test\.ts:5 bad\n {2}not ok planted\.test\.ts \(1 of 2 passed/);
  });

  for (const [how, lost] of [
    ['thrown in a timer', "setTimeout(() => { throw new RangeError('lost'); }, 1);"],
    ['rejected behind a wait', "(async () => { await wait(1); throw new RangeError('lost'); })();"],
  ] as const)
    it(`an error that nobody awaits is the failure of its test, when it is ${how}`, async () => {
      const { passed, failures } = await outcomeOf(`
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
    'a file that ends its process in the middle, as if all were well':
      "it('one', () => {}); it('two', async () => { await wait(50); process.exit(0); }); it('three', () => {});",
    'a hook that fails':
      "describe('a', () => { before(() => { throw new RangeError('no'); }); it('one', () => {}); });",
    'a promise that nobody awaits': "it('one', () => { Promise.reject(new RangeError('lost')); });",
    'a test that never ends': "it('one', () => new Promise(() => { setInterval(() => {}, 1000); }));",
  };
  const wait = 'const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));';
  for (const [name, text] of Object.entries(broken)) {
    it(`does not take ${name} for a success`, async () => {
      assert.ok((await outcomeOf(`${wait}\n${text}`, 2_000)).failures.length > 0);
    });
  }

  it('says what went wrong when the tests of a file were over', async () => {
    const { failures, printed } = await outcomeOf(
      "it('one', () => { setTimeout(() => { throw new RangeError('late'); }, 5); });",
    );
    assert.deepEqual(
      failures.map(({ title }) => title),
      ['planted.test.ts'],
    );
    assert.match(failures[0]?.text ?? '', /late/);
    assert.match(printed, /not ok planted\.test\.ts/);
  });
});

describe('files that share a process', () => {
  const good = "describe('a', () => { it('one', () => {}); it('two', () => {}); });";

  it('are told one by one', async () => {
    const { passed, skipped, failures, printed } = await outcomeOfAll({
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

  it('may wait before they declare their tests, which stay with them', async () => {
    const waits = "const name = await new Promise((go) => setTimeout(() => go('late'), 50));";
    const { passed, failures, printed } = await outcomeOfAll({
      'one.test.ts': `${waits} it(name, () => {}); describe(name, () => { it('two', () => {}); });`,
      'two.test.ts': "it('three', () => { throw new RangeError('wrong'); });",
      'three.test.ts': `${waits} it(name, () => {});`,
    });
    assert.deepEqual([passed, failures.map(({ title }) => title)], [3, ['two.test.ts:2 three']]);
    for (const line of [/^ {2}ok one\.test\.ts \(2 of 2/m, /^ {2}ok three\.test\.ts \(1 of 1/m])
      assert.match(printed, line);
  });

  it('have hooks of their own', async () => {
    const { passed, failures } = await outcomeOfAll({
      'one.test.ts':
        "let n = 0; before(() => { n += 1; }); it('one', () => { if (n !== 1) throw new RangeError(); });",
      'two.test.ts': "before(() => { throw new RangeError('no'); }); it('two', () => {});",
      'three.test.ts': good,
    });
    assert.equal(passed, 3);
    assert.ok(failures.some(({ title, text }) => title.startsWith('two.test.ts') && text.includes('no')));
  });

  it('do not hide one that ends their process, as if all were well, nor that others did not run', async () => {
    const ending =
      "it('three', async () => { await new Promise((go) => setTimeout(go, 50)); process.exit(0); });";
    const { passed, failures } = await outcomeOfAll({
      'one.test.ts': good,
      'two.test.ts': ending.replace('process.exit', "process['exit']"),
      'three.test.ts': good,
    });
    assert.equal(passed, 2);
    assert.deepEqual(
      failures.map(({ title }) => title),
      ['two.test.ts did not come to its end', 'three.test.ts did not come to its end'],
    );
  });

  for (const [name, text] of Object.entries({
    'has no tests': "describe('a', () => {});",
    'throws when it is loaded': "throw new RangeError('broken file');",
    'cannot be parsed': 'const = ;',
  }))
    it(`do not hide one that ${name}, which does not hide them`, async () => {
      const texts = { 'one.test.ts': good, 'two.test.ts': text, 'three.test.ts': good };
      const { passed, failures } = await outcomeOfAll(texts);
      assert.equal(passed, 4);
      assert.equal(failures.length, 1);
      assert.match(failures[0]?.title ?? '', /two\.test\.ts/);
    });
});

describe('the CPU of a session', () => {
  it(
    'is told by file, with that of what the file has started',
    { skip: process.platform !== 'linux' && 'Linux only' },
    async () => {
      const { passed, cpu } = await outcomeOf(`
        import { spawnSync } from 'node:child_process';
        const burn = 'while (process.cpuUsage().user < 400_000);';
        it('burns', () => void spawnSync(process.execPath, ['-e', burn]));`);
      assert.equal(passed, 1);
      assert.deepEqual(
        cpu.map(({ files }) => files),
        [['planted.test.ts']],
      );
      assert.ok((cpu[0]?.ms ?? 0) >= 400, `${cpu[0]?.ms} ms`);
    },
  );

  it(
    'is told of each file that shares a process, and of their loading',
    { skip: process.platform !== 'linux' && 'Linux only' },
    async () => {
      const burn = 'const end = process.cpuUsage().user + 300_000; while (process.cpuUsage().user < end);';
      const { cpu } = await outcomeOfAll({
        'one.test.ts': "it('idles', () => {});",
        'two.test.ts': `it('burns', () => { ${burn} });`,
      });
      const [loading, one, two] = cpu;
      assert.deepEqual(
        cpu.map(({ files }) => files),
        [['one.test.ts', 'two.test.ts'], ['one.test.ts'], ['two.test.ts']],
      );
      assert.ok((loading?.ms ?? 0) > 0 && (one?.ms ?? Infinity) < 300 && (two?.ms ?? 0) >= 300, inspect(cpu));
    },
  );

  it('is told with the dearest files first', () => {
    const told = describeCpu(
      [
        { files: ['a.test.ts'], ms: 1_500 },
        { files: ['b.test.ts', 'c.test.ts'], ms: 12_000 },
      ],
      20_000,
    );
    assert.equal(
      told,
      [
        '20 s of CPU, most of them for',
        '   12.0 to load b.test.ts and 1 more in its process',
        '    1.5 a.test.ts',
      ].join('\n'),
    );
    assert.equal(describeCpu([], null), '');
  });
});

it('a session that is killed takes its test file along', async () => {
  const pidFile = join(root, 'pid');
  const text = `import { writeFileSync } from 'node:fs';
    it('goes on for ever', () => new Promise(() => {
      setInterval(() => {}, 1_000);
      writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));
    }));`;
  const child = startSessions();
  plant(child, { 'planted.test.ts': text }, 60_000);
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
