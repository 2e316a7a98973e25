import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { figures } from '../../cli/figures/figure-list.ts';
import type { LiveAnswer, LiveFacts } from '../../cli/live-page/page/live-facts.ts';
import { miniature, readResult, runFolderOf } from '../support/compared-run.ts';
import { childrenOf, isRunning, runCli } from '../support/run-cli.ts';
import { waitUntil } from '../support/wait-until.ts';

const patienceMs = 90_000;

test('a comparison can be watched while it runs; Ctrl-C in a round keeps the rounds before it, and leaves nothing', async (context) => {
  const run = runCli([
    'compare',
    'no-cache',
    'versioned',
    ...miniature,
    '--replicas',
    '1',
    '--rounds',
    '400',
    '--watch',
  ]);
  context.after(() => run.kill('SIGKILL'));
  await run.said('Watched by ');
  const [, page = '', prometheus = ''] = /Watched by (\S+) \(live page\) and (\S+)/.exec(run.output()) ?? [];
  const ask = async (path: string): Promise<unknown> => (await fetch(path)).json();

  const { facts } = (await ask(`${page}/facts`)) as { facts: LiveFacts };
  assert.deepEqual(facts.candidates, ['no-cache', 'versioned', 'no-cache′']);
  assert.equal(facts.scenario, 'feed-browsing');

  const offeredTo = async (): Promise<string[]> => {
    const { update } = (await ask(`${page}/data?since=0`)) as LiveAnswer;
    return (update?.charts['requests'] ?? [])
      .filter(({ label, values }) => label === 'offered' && values.some((value) => (value ?? 0) > 0))
      .map(({ candidate }) => candidate);
  };
  await waitUntil(async () => (await offeredTo()).length === facts.candidates.length, patienceMs);

  const roundsSeen = async (): Promise<number[]> => {
    const { update } = (await ask(`${page}/data?since=0`)) as LiveAnswer;
    return (update?.rounds ?? []).map(({ round }) => round);
  };
  await waitUntil(async () => (await roundsSeen()).length > 1, patienceMs);
  const seen = await roundsSeen();
  // On a busy machine a round of a second may pass between two scrapes.
  assert.deepEqual(
    seen,
    [...new Set(seen)].toSorted((a, b) => a - b),
    'one mark for each round, however many candidates',
  );

  // Those of the list, each as far as a round has it: what needs many requests has no value yet.
  const listed = figures
    .filter(({ system }) => system === null || system === 'cache')
    .map(({ name }) => name);
  assert.deepEqual(
    facts.figures.map(({ name }) => name),
    listed,
  );
  const measured = ((await ask(`${page}/data?since=0`)) as LiveAnswer).update?.figures ?? [];
  for (const name of ['request', 'mean', 'storageQueriesPerRequest', 'serviceCpuUsPerRequest'])
    assert.deepEqual(
      measured.flatMap(({ figure, candidate }) => (figure === name ? [candidate] : [])).toSorted(),
      facts.candidates.toSorted(),
      name,
    );

  type Counted = { data: { result: { metric: Record<'candidate' | 'round' | 'slot', string> }[] } };
  const query = new URLSearchParams({ query: 'count_over_time(experiment_block_info{round="1"}[5m])' });
  const { data } = (await ask(`${prometheus}/api/v1/query?${query.toString()}`)) as Counted;
  assert.deepEqual(
    data.result.map(({ metric }) => `${metric.candidate} ${metric.slot}`).toSorted(),
    facts.candidates.map((candidate) => `${candidate} 0`).toSorted(),
  );

  await run.said('round 2/400');
  const children = [...childrenOf(run.pid).values()];
  assert.ok(children.length >= 8, `${children.length} children`);
  run.kill('SIGINT');
  const { status, stdout, stderr } = await run.ended;
  assert.equal(status, 130, stderr);
  assert.deepEqual(children.filter(isRunning), []);
  for (const candidate of facts.candidates) assert.match(stdout, new RegExp(`^${candidate} `, 'm'));
  const result = readResult(join(runFolderOf(stderr), 'result.json'));
  assert.deepEqual([result.exitCode, result.status], [130, 'interrupted']);
  assert.ok(result.rounds.length >= 2, `${result.rounds.length} rounds`);
});
