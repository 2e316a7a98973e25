import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { CompareResult } from '../../cli/report/compare-result.ts';
import {
  isWholeBlock,
  miniature,
  readResult,
  replicaPidOf,
  runFolderOf,
  untilUnspoiled,
} from '../support/compared-run.ts';
import { onTestServer } from '../support/databases.ts';
import { killProcess } from '../support/kill-process.ts';
import { childrenOf, isRunning, runCli } from '../support/run-cli.ts';
import type { CliRun } from '../support/run-cli.ts';

/** At half the rate of other experiments of seconds: whatever breaks breaks all of it. */
const slow = ['--rate', '10', '--replicas', '1', '--rounds', '20'];
const args = ['compare', 'no-cache', 'versioned', ...miniature, ...slow];

type Breaking = {
  readonly title: string;
  readonly breakIt: (run: CliRun) => void;
  readonly exitCode: number;
  readonly status: CompareResult['status'];
  readonly reason: RegExp;
};

const breakings: readonly Breaking[] = [
  {
    title: 'without its baseline there is nothing to compare with',
    breakIt: ({ pid }) => killProcess(replicaPidOf(pid, 1)),
    exitCode: 20,
    status: 'service-failed',
    reason: /no-cache failed: replica .*_1-1 died/,
  },
  {
    title: 'a killed k6 ends it',
    breakIt: ({ pid }) => killProcess(childrenOf(pid).get('k6')),
    exitCode: 30,
    status: 'generator-saturated',
    reason: /load generator/,
  },
];

/** Breaks it after its first round. */
async function compareAndBreak(t: TestContext, breakIt: Breaking['breakIt']) {
  const run = runCli(args, { shell: onTestServer() });
  t.after(() => run.kill('SIGKILL'));
  await run.said('round 1/20');
  const children = [...childrenOf(run.pid).values()];
  assert.ok(children.length >= 5, `${children.length} children`);
  breakIt(run);
  const ended = await run.ended;
  assert.deepEqual(children.filter(isRunning), []);
  const result = readResult(join(runFolderOf(ended.stderr), 'result.json'));
  return { ended, result };
}

/** Whether nothing has failed but what the test has broken. */
const isBrokenOnly = ({ result }: Awaited<ReturnType<typeof compareAndBreak>>): boolean =>
  result.blocks.every(
    (block) => isWholeBlock(block) || block.reasons.some((reason) => reason.includes('died')),
  );

for (const { title, breakIt, exitCode, status, reason } of breakings)
  test(`${title}: the rounds before it are told and kept, and nothing is left running`, async (t) => {
    const { ended, result } = await untilUnspoiled(() => compareAndBreak(t, breakIt), isBrokenOnly);
    assert.equal(ended.status, exitCode, ended.stderr);
    assert.match(ended.stdout, /^no-cache .*baseline$/m);
    assert.match(ended.stdout, /^versioned /m);
    assert.deepEqual([result.exitCode, result.status], [exitCode, status]);
    assert.match(String(result.withheldReason), reason);
    assert.ok(result.rounds.length >= 1 && result.rounds.length < 20, `${result.rounds.length} rounds`);
    const [first] = result.blocks.filter(({ candidate }) => candidate === 'versioned');
    assert.ok((first?.cache?.reads ?? 0) > 0);
  });

test('a dead PostgreSQL ends it before a round is lost to it, with its log', async (t) => {
  const run = runCli(args);
  t.after(() => run.kill('SIGKILL'));
  await run.said('Warming up');
  killProcess(childrenOf(run.pid).get('postgres'));
  const { status, stderr } = await run.ended;
  assert.equal(status, 20, stderr);
  assert.match(stderr, /PostgreSQL died .*\n.*\n {2}More in .*postgres\.log/);
  assert.doesNotMatch(stderr, /round 1/);
  assert.equal(childrenOf(run.pid).size, 0);
});
