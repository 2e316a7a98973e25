import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveAnswer } from '../../cli/live-page/page/live-facts.ts';
import { childrenOf, isRunning, runCli } from '../support/run-cli.ts';
import { waitUntil } from '../support/wait-until.ts';

const small = ['--rounds', '3', '--measure', '2', '--warm-up', '2', '--people', '60', '--photos', '300'];
const patienceMs = 90_000;

test('a comparison can be watched: who is offered what, and which block runs; Ctrl-C leaves nothing', async (context) => {
  const run = runCli(['compare', 'no-cache', 'versioned', ...small, '--rate', '40', '--watch']);
  context.after(() => run.kill('SIGKILL'));
  await run.said('Watched by ');
  const [, page = '', prometheus = ''] = /Watched by (\S+) \(live page\) and (\S+)/.exec(run.output()) ?? [];
  const ask = async (path: string): Promise<unknown> => (await fetch(path)).json();

  const { facts } = (await ask(`${page}/facts`)) as { facts: { candidates: string[]; scenario: string } };
  assert.deepEqual(facts.candidates, ['no-cache', 'versioned', 'no-cache′']);
  assert.equal(facts.scenario, 'feed-browsing');

  const offeredTo = async (): Promise<string[]> => {
    const { update } = (await ask(`${page}/data?since=0`)) as LiveAnswer;
    return (update?.charts['requests'] ?? [])
      .filter(({ label, values }) => label === 'offered' && values.some((value) => (value ?? 0) > 0))
      .map(({ candidate }) => candidate);
  };
  await waitUntil(async () => (await offeredTo()).length === facts.candidates.length, patienceMs);

  type Counted = { data: { result: { metric: { candidate: string; round: string } }[] } };
  const blocks = async (): Promise<string[]> => {
    const query = new URLSearchParams({ query: 'count_over_time(experiment_block_info[5m])' });
    const { data } = (await ask(`${prometheus}/api/v1/query?${query.toString()}`)) as Counted;
    return data.result.map(({ metric }) => `${metric.candidate} ${metric.round}`);
  };
  const wanted = facts.candidates.map((candidate) => `${candidate} 1`);
  await waitUntil(async () => {
    const seen = await blocks();
    return wanted.every((block) => seen.includes(block));
  }, patienceMs);

  const children = [...childrenOf(run.pid).values()];
  run.kill('SIGINT');
  const { status, stderr } = await run.ended;
  assert.equal(status, 130, stderr);
  assert.deepEqual(children.filter(isRunning), []);
});
