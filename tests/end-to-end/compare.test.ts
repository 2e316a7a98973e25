import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv } from 'ajv';
import { strategies } from '../../app/cache/strategies/index.ts';
import { answersOf } from '../../cli/experiment/cache-counts.ts';
import type { CompareResult } from '../../cli/report/compare-result.ts';
import { childrenOf, isRunning, runCli } from '../support/run-cli.ts';
import { waitUntil } from '../support/wait-until.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const miniature = [
  '--rounds',
  '2',
  '--measure',
  '1',
  '--warm-up',
  '2',
  '--people',
  '60',
  '--photos',
  '300',
  '--rate',
  '40',
];
const schema = JSON.parse(
  readFileSync(
    join(import.meta.dirname, '..', '..', 'docs', 'schemas', 'compare-result.schema.json'),
    'utf8',
  ),
) as object;

const pidOf = (owner: number, name: RegExp) =>
  [...childrenOf(owner)].find(([child]) => name.test(child))?.[1];

test('compare in miniature: a killed k6 and a killed replica cost their rounds, and the result says so', async () => {
  const json = join(folder, 'result.json');
  const run = runCli(['compare', 'no-cache', 'versioned', ...miniature, '--json', json]);
  await run.said('shake-down');
  await run.said('round 1/2');
  await waitUntil(() => childrenOf(run.pid).has('k6'));
  process.kill(childrenOf(run.pid).get('k6') as number, 'SIGKILL');
  await run.said('is repeated');
  await waitUntil(() => pidOf(run.pid, /^k6$/) !== undefined);
  process.kill(pidOf(run.pid, /^service-.*_2-1$/) as number, 'SIGKILL');
  const { status, stdout, stderr } = await run.ended;

  const result = JSON.parse(readFileSync(json, 'utf8')) as CompareResult;
  const validate = new Ajv({ strict: false }).compile(schema);
  assert.ok(validate(result), JSON.stringify(validate.errors));
  assert.equal(status, result.exitCode, stderr);
  // A busy machine may spoil more than we did; then the verdict is withheld, and the table is there all the same.
  assert.ok([0, 30, 31].includes(result.exitCode), stderr);
  assert.match(stderr, /Round \d is repeated in every world: .*driver-failed/);
  assert.ok(result.notes.some((note) => note.includes('driver-failed')));
  assert.match(stderr, /Round \d is repeated in every world: .*replica-lost/);
  assert.ok(stderr.split('Warming up versioned').length > 2, 'the world that lost a replica warms up again');
  assert.match(stdout, /^no-cache /m);
  assert.match(stdout, /^versioned /m);

  for (const { cache, status: block } of result.blocks) {
    if (block === 'invalid' || cache === null) continue;
    assert.equal(cache.reads, answersOf(cache));
    assert.ok(cache.reads > 0);
  }
  const [baseline, candidate] = result.candidates;
  assert.ok((candidate?.hitRatio.all ?? 0) > 0.3, JSON.stringify(candidate));
  assert.ok((candidate?.storageQueriesPerRequest ?? 9) < (baseline?.storageQueriesPerRequest ?? 0));
  assert.equal(childrenOf(run.pid).size, 0);
});

test('Ctrl-C stops everything, and the exit status says so', async () => {
  const run = runCli(['compare', 'no-cache', 'versioned', ...miniature]);
  await run.said('Warming up no-cache');
  const children = [...childrenOf(run.pid).values()];
  assert.ok(children.length >= 5, `${children.length} children`);
  run.kill('SIGINT');
  const { status } = await run.ended;
  assert.equal(status, 130);
  assert.deepEqual(children.filter(isRunning), []);
});

test('a killed command leaves nothing running once the next one starts', async () => {
  const run = runCli(['compare', 'no-cache', 'versioned', ...miniature]);
  await run.said('Warming up no-cache');
  const children = [...childrenOf(run.pid).values()];
  assert.ok(children.length >= 5, `${children.length} children`);
  run.kill('SIGKILL');
  await run.ended;
  const next = runCli(['doctor']);
  assert.equal((await next.ended).status, 0);
  await waitUntil(() => !children.some(isRunning));
});

test('a dead PostgreSQL ends the run with 20 and its log', async () => {
  const run = runCli(['compare', 'no-cache', 'versioned', ...miniature]);
  await run.said('shake-down');
  process.kill(childrenOf(run.pid).get('postgres') as number, 'SIGKILL');
  const { status, stderr } = await run.ended;
  assert.equal(status, 20, stderr);
  assert.match(stderr, /PostgreSQL/);
  assert.equal(childrenOf(run.pid).size, 0);
});

test('load puts a scenario on one candidate', async () => {
  const args = [
    'load',
    'feed-browsing',
    '--candidate',
    'cache-aside',
    '--duration',
    '2',
    '--rate',
    '30',
    '--people',
    '60',
    '--photos',
    '300',
  ];
  const { status, stdout, stderr } = await runCli(args).ended;
  assert.equal(status, 0, stderr);
  assert.match(stdout, /60 of 60 requests measured, 0 failed, 0 dropped/);
});

test('up serves until it is told to stop', async () => {
  const run = runCli(['up', 'versioned', '--people', '60', '--photos', '300']);
  await run.said('Running');
  const [, address] = /r1 +(http:\/\/127\.0\.0\.1:\d+)/.exec(run.output()) ?? [];
  const response = await fetch(`${address}/health/ready`);
  assert.equal(response.status, 200);
  const photo = await fetch(`${address}/photos/1`);
  assert.match(photo.headers.get('cache-status') ?? '', /fwd=miss/);
  const { imageUrl } = (await photo.json()) as { imageUrl: string };
  assert.equal((await fetch(`${address}${imageUrl}`)).headers.get('content-type'), 'image/jpeg');
  run.kill('SIGTERM');
  assert.equal((await run.ended).status, 130);
});

for (const [args, pattern] of [
  [['compare', 'cach-aside'], /Did you mean "cache-aside"/],
  [['compare', '--rate', 'fast'], /It takes a number/],
  [['compare', '--profile', 'quik'], /Did you mean "quick"/],
  [['load', 'feed'], /Valid: feed-browsing/],
  [['list', 'strategy'], /Did you mean "strategies"/],
  [['compere'], /Did you mean compare/],
  [['compare', '--json', '/nowhere/result.json'], /cannot be written/],
] as const) {
  test(`bad input is refused before anything starts: darkroom ${args.join(' ')}`, async () => {
    const { status, stdout, stderr } = await runCli(args).ended;
    assert.equal(status, 2);
    assert.match(stderr, pattern);
    assert.doesNotMatch(stderr, /\n\s+at /);
    assert.equal(stdout, '');
  });
}

test('list speaks JSON', async () => {
  const { status, stdout } = await runCli(['list', 'strategies', '--json']).ended;
  assert.equal(status, 0);
  const listed = JSON.parse(stdout) as { strategies: { name: string }[] };
  assert.deepEqual(
    listed.strategies.map(({ name }) => name),
    Object.keys(strategies),
  );
});
