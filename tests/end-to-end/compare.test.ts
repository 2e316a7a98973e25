import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import { strategies } from '../../app/cache/strategies/index.ts';
import { answersOf } from '../../cli/worlds/cache-counts.ts';
import type { CompareResult } from '../../cli/report/compare-result.ts';
import { askAgain } from '../support/ask-again.ts';
import {
  isWholeBlock,
  miniature,
  readKeptRequests,
  readResult,
  refuseWrites,
  replicaPidOf,
  runFolderOf,
  small,
  untilUnspoiled,
} from '../support/compared-run.ts';
import type { KeptRequest } from '../support/compared-run.ts';
import { runCommandLines } from '../support/command-lines.ts';
import type { CommandEnd } from '../support/command-lines.ts';
import { onTestServer } from '../support/databases.ts';
import { killProcess } from '../support/kill-process.ts';
import { childrenOf, isRunning, runCli } from '../support/run-cli.ts';
import { waitUntil } from '../support/wait-until.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const single = [...miniature, '--replicas', '1'];
const brief = ['--replicas', '1', '--warm-up', '1', '--measure', '1'];
/** Identical worlds may differ by chance, once in a hundred times: then what takes time has no verdict. */
const measuredWell = [0, 31];

/** The same-request change of two candidates in a round: mean logarithm of the ratios of the paired requests. */
function changeIn(rows: readonly KeptRequest[], [candidate, baseline]: readonly [string, string]): number {
  const paired = rows.filter(({ isPaired }) => isPaired);
  const timeOf = new Map(paired.map((row) => [`${row.candidate} ${row.request}`, row.responseUs]));
  const logs = paired
    .filter((row) => row.candidate === candidate)
    .map(({ request, responseUs }) => Math.log(responseUs / (timeOf.get(`${baseline} ${request}`) ?? NaN)));
  return logs.reduce((sum, log) => sum + log, 0) / logs.length;
}

function primaryOf({ comparisons }: CompareResult, candidate: string) {
  const found = comparisons.find((each) => each.role === 'primary' && each.candidate === candidate);
  assert.ok(found !== undefined);
  return found;
}

const together = ['no-cache', 'cache-aside', 'versioned', 'ttl-only'];

/**
 * Breaks the Redis of the fourth world, and kills the replica of the third once the first round is told. `deadFrom`: the first round
 * at whose end it was dead; `failedFrom`: the first one that it did not answer, for it may die behind its last answer. A busy machine may
 * tell of the first round when the last one has been sent: there is none.
 */
async function compareAndBreak(rounds: number) {
  const json = join(folder, 'result.json');
  const args = ['compare', ...together, ...single, '--rounds', String(rounds), '--keep-raw', '--json', json];
  const run = runCli(args, { shell: onTestServer() });
  await run.said('Warming up');
  await refuseWrites(run.pid, 4);
  await run.said(`round 1/${rounds}`);
  const replica = replicaPidOf(run.pid, 3);
  if (replica !== undefined) killProcess(replica);
  const ended = await run.ended;
  const result = readResult(json);
  assert.equal(ended.status, result.exitCode, ended.stderr);
  const ofDead = result.blocks.filter(({ reasons }) => reasons.some((reason) => reason.includes('died')));
  const deadFrom = ofDead[0]?.round ?? Infinity;
  const failedFrom = ofDead.find(({ errors }) => errors > 0)?.round ?? Infinity;
  return { ...ended, pid: run.pid, result, deadFrom, failedFrom };
}

/** Whether nothing has failed but what the test has broken, and all that was asked was answered when counters were read. */
const isBrokenOnly = ({
  result,
  deadFrom,
  failedFrom,
}: Awaited<ReturnType<typeof compareAndBreak>>): boolean =>
  failedFrom < Infinity &&
  result.blocks.every((block) => {
    const { candidate, round, errors, reasons, cache } = block;
    if (candidate === 'versioned' && round >= deadFrom) return true;
    if (cache === null || cache.reads !== answersOf(cache)) return false;
    const isRefusal = (reason: string): boolean => reason.startsWith('tier-refused');
    return candidate === 'ttl-only' ? errors === 0 && reasons.every(isRefusal) : isWholeBlock(block);
  });

test('together: a dead replica and a Redis that refuses writes cost their own verdicts only; every request is kept', async () => {
  let rounds = 3;
  const { stdout, stderr, pid, result, deadFrom, failedFrom } = await untilUnspoiled(async () => {
    const run = await compareAndBreak(rounds);
    if (run.failedFrom === Infinity) rounds *= 2;
    return run;
  }, isBrokenOnly);
  // A machine that has no time for the generator ends it early, after the rounds that are told: there is less to look at then.
  if (result.exitCode === 30) {
    assert.match(String(primaryOf(result, 'ttl-only').withheldReason), /redis refused/);
    return;
  }
  assert.ok(measuredWell.includes(result.exitCode), stderr);
  const names = [...together, 'no-cache′'];
  for (const name of names) assert.match(stdout, new RegExp(`^${name} `, 'm'));
  const kept = runFolderOf(stderr);
  assert.deepEqual(readResult(join(kept, 'result.json')), result);
  assert.equal(childrenOf(pid).size, 0);

  assert.deepEqual([result.manifest.pacing, result.manifest.rounds], ['together', rounds]);
  assert.deepEqual(
    result.rounds.map(({ round, part }) => [round, part]),
    Array.from({ length: rounds }, (_, index) => [index + 1, 1]),
  );
  assert.equal(result.blocks.length, rounds * names.length);
  for (const { slot, attempt, dropped, cache } of result.blocks) {
    assert.deepEqual([slot, attempt, dropped], [0, 1, null]);
    if (cache !== null) assert.equal(cache.reads, answersOf(cache));
  }
  // Nobody could read the counters of the dead one.
  const dead = result.blocks.filter(({ candidate, round }) => candidate === 'versioned' && round >= deadFrom);
  assert.ok(deadFrom > 1 && dead.length > 0, `dead from round ${deadFrom} on`);
  for (const { cache, storageQueries } of dead) assert.deepEqual([cache, storageQueries], [null, null]);
  assert.ok(dead.every(({ status: block, reasons }) => block === 'invalid' && reasons.length > 0));

  const reasons = {
    versioned: /versioned failed: replica .*_3-1 died/,
    'ttl-only': /ttl-only failed: redis refused \d+ of \d+ writes/,
  };
  const failed = Object.values(reasons);
  for (const { candidate, baseline, verdict, withheldReason, perRound } of result.comparisons) {
    assert.equal(perRound.length, rounds);
    const isOfFailed = [candidate, baseline].some((name) => Object.hasOwn(reasons, name));
    if (isOfFailed) assert.equal(verdict, null);
    assert.equal(
      failed.some((reason) => reason.test(String(withheldReason))),
      isOfFailed,
      candidate,
    );
  }
  for (const [name, reason] of Object.entries(reasons)) {
    assert.match(String(primaryOf(result, name).withheldReason), reason);
    assert.match(stdout, reason);
  }
  const lived = result.comparisons.filter(({ candidate }) => candidate === 'cache-aside');
  assert.ok(lived.some(({ metric, verdict }) => metric === 'hitRatio' && verdict !== null));
  if (result.exitCode === 0) assert.notEqual(primaryOf(result, 'cache-aside').verdict, null);
  assert.ok(primaryOf(result, 'cache-aside').perRound.every((effect) => effect !== null));
  const ofDead = primaryOf(result, 'versioned').perRound.slice(failedFrom - 1);
  assert.ok(ofDead.every((effect) => effect === null));

  assertRecomputed(result, readKeptRequests(kept), failedFrom);
});

/** The primary figure, from the kept requests alone. */
function assertRecomputed(result: CompareResult, rows: readonly KeptRequest[], failedFrom: number): void {
  for (const { candidate, round, requests } of result.blocks) {
    const own = rows.filter((row) => row.candidate === candidate && row.round === round);
    assert.equal(own.length, requests, `${candidate} in round ${round}`);
  }
  const primary = primaryOf(result, 'cache-aside');
  const rounds = result.rounds.map(({ round }) => rows.filter((row) => row.round === round));
  const changes = rounds.map((own) => changeIn(own, ['cache-aside', 'no-cache']));
  // Kept in whole microseconds.
  const isLocal = (a: number, b: number): boolean => Math.abs(a - b) < 1e-3;
  for (const [index, change] of changes.entries())
    assert.ok(isLocal(change, primary.perRound[index] ?? NaN), `round ${index + 1}: ${change}`);
  const mean = changes.reduce((sum, change) => sum + change, 0) / changes.length;
  assert.ok(isLocal(Math.exp(mean), 1 + (primary.changePct ?? NaN) / 100), `${mean}, ${primary.changePct}`);
  const paired = rows.filter(({ isPaired }) => isPaired);
  assert.ok(paired.some(({ candidate, round }) => candidate === 'versioned' && round === 1));
  assert.ok(!paired.some(({ candidate, round }) => candidate === 'versioned' && round >= failedFrom));
}

test('in turns: one world at a time; a full disk under --json costs that file only', async (t) => {
  if (!existsSync('/dev/full')) return t.skip('there is no /dev/full');
  const args = ['compare', 'no-cache', 'versioned', '--pacing', 'turns', ...small, '--rounds', '1'];
  const resting = ['--primary', 'storageQueriesPerRequest'];
  const full = [...args, ...brief, ...resting, '--json', '/dev/full'];
  const { status, stdout, stderr } = await runCli(full, { shell: onTestServer() }).ended;
  assert.equal(status, 4, stderr);
  assert.match(stderr, /^--json \/dev\/full failed: ENOSPC/m);
  assert.match(stdout, /^versioned /m);
  const result = readResult(join(runFolderOf(stderr), 'result.json'));
  // A busy machine may spoil the round; then the verdict is withheld, and the table is there all the same.
  assert.ok([...measuredWell, 30].includes(result.exitCode), stderr);
  assert.equal(result.manifest.pacing, 'turns');
  assert.match(stdout, /^storage queries per request of feed-browsing/);
  const primary = primaryOf(result, 'versioned');
  assert.equal(primary.metric, 'storageQueriesPerRequest');
  assert.ok((primary.changePct ?? 0) < 0, 'a cache spares queries');
  assert.deepEqual(result.rounds, []);
  const first = result.blocks.filter(({ round, attempt }) => round === 1 && attempt === 1);
  assert.deepEqual(
    first.map(({ slot }) => slot),
    [1, 2, 3],
  );
});

test('up serves; when it is killed, the next command leaves nothing of it running', async (t) => {
  const run = runCli(['up', 'versioned', '--people', '60', '--photos', '300', '--replicas', '1']);
  t.after(() => run.kill('SIGKILL'));
  await run.said('Running');
  const [, address] = /r1 +(http:\/\/127\.0\.0\.1:\d+)/.exec(run.output()) ?? [];
  const isRefused = ({ status }: Response): boolean => status === 503;
  const ready = await askAgain(() => fetch(`${address}/health/ready`), isRefused);
  assert.equal(ready.status, 200);
  let photoId = 0;
  const photo = await askAgain(() => fetch(`${address}/photos/${(photoId += 1)}`), isRefused);
  assert.match(photo.headers.get('cache-status') ?? '', /fwd=miss/);
  const { imageUrl } = (await photo.json()) as { imageUrl: string };
  const image = await askAgain(() => fetch(`${address}${imageUrl}`), isRefused);
  assert.equal(image.headers.get('content-type'), 'image/jpeg');
  const children = [...childrenOf(run.pid).values()];
  assert.ok(children.length >= 4, `${children.length} children`);
  run.kill('SIGKILL');
  await run.ended;
  assert.equal((await runCli(['traces']).ended).status, 0);
  await waitUntil(() => !children.some(isRunning));
});

const refused = [
  ['compare cach-aside', /Did you mean "cache-aside"/],
  ['compare --rate fast', /It takes a number/],
  ['compare --precision 0.00001', /a number from 0\.0001 to 100/],
  ['compare --primary hitratio', /Did you mean "hitRatio"/],
  ['compare --profile quik', /Did you mean "quick"/],
  ['load feed', /Valid: feed-browsing/],
  ['list strategy', /Did you mean "strategies"/],
  ['compere', /Did you mean compare/],
  ['compare --json /nowhere/result.json', /cannot be written/],
] as const;

describe('bad input is refused before anything starts', () => {
  let ends: readonly CommandEnd[];
  before(async () => {
    ends = await runCommandLines(refused.map(([line]) => line.split(' ')));
  });
  for (const [index, [line, pattern]] of refused.entries())
    it(`darkroom ${line}`, () => {
      const { status, stdout, stderr } = ends[index] ?? assert.fail('it was not run');
      assert.equal(status, 2);
      assert.match(stderr, pattern);
      assert.doesNotMatch(stderr, /\n\s+at /);
      assert.equal(stdout, '');
    });
});

test('list speaks JSON', async () => {
  const { status, stdout } = await runCli(['list', 'strategies', '--json']).ended;
  assert.equal(status, 0);
  const listed = JSON.parse(stdout) as { strategies: { name: string }[] };
  assert.deepEqual(
    listed.strategies.map(({ name }) => name),
    Object.keys(strategies),
  );
});
