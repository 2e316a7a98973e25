import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { figures } from '../../cli/figures/figure-list.ts';
import type { LiveAnswer, LiveFacts } from '../../cli/live-page/page/live-facts.ts';
import { miniature, readResult, runFolderOf } from '../support/compared-run.ts';
import { onTestServer } from '../support/databases.ts';
import { childrenOf, isRunning, runCli } from '../support/run-cli.ts';
import type { CliRun } from '../support/run-cli.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A busy machine takes its time; only what never comes is a failure. */
const patienceMs = 300_000;
/** The page has another answer each second, for which Prometheus is asked for all that is shown. */
const answerMs = 1_000;
/** So many seconds of it are looked at. */
const lookBackSeconds = 20;

const attemptsMax = 3;
/** So a comparison ends when the service fails for a while, or the generator has no time. */
const endsOfBusyMachine = [20, 30];

test('a comparison can be watched while it runs; Ctrl-C in a round keeps the rounds before it, and leaves nothing', async (context) => {
  // Few requests: what is looked at is whether they are shown, beside a Prometheus and its page.
  const few = ['--replicas', '1', '--rate', '5', '--measure', '2'];
  const args = ['compare', 'no-cache', 'versioned', ...miniature, ...few];
  for (let attempt = 1; ; attempt += 1) {
    const run = runCli([...args, '--rounds', '100', '--watch'], { shell: onTestServer() });
    context.after(() => run.kill('SIGKILL'));
    try {
      return await watchAndInterrupt(run);
    } catch (error) {
      await run.end();
      const { status, stderr } = await run.ended;
      // On a busy machine it may end by itself, before all was seen.
      if (attempt === attemptsMax || !endsOfBusyMachine.includes(status ?? -1))
        throw new RangeError(`it ended with ${status}: ${stderr}`, { cause: error });
    }
  }
});

async function watchAndInterrupt(run: CliRun): Promise<void> {
  await run.said('Watched by ');
  const [, page = '', prometheus = ''] = /Watched by (\S+) \(live page\) and (\S+)/.exec(run.output()) ?? [];
  const ask = async (path: string): Promise<unknown> => (await fetch(path)).json();

  const { facts } = (await ask(`${page}/facts`)) as { facts: LiveFacts };
  assert.deepEqual(facts.candidates, ['no-cache', 'versioned', 'no-cache′']);
  assert.equal(facts.scenario, 'feed-browsing');

  const look = async (): Promise<LiveAnswer> => {
    const since = Math.floor(Date.now() / 1_000) - lookBackSeconds;
    return (await ask(`${page}/data?since=${since}`)) as LiveAnswer;
  };
  const offeredTo = async (): Promise<string[]> => {
    const { update } = await look();
    return (update?.charts['requests'] ?? [])
      .filter(({ label, values }) => label === 'offered' && values.some((value) => (value ?? 0) > 0))
      .map(({ candidate }) => candidate);
  };
  await waitUntil(async () => (await offeredTo()).length === facts.candidates.length, patienceMs, answerMs);

  const roundsSeen = async (): Promise<number[]> => {
    const { update } = await look();
    return (update?.rounds ?? []).map(({ round }) => round);
  };
  await waitUntil(async () => (await roundsSeen()).length > 1, patienceMs, answerMs);
  const seen = await roundsSeen();
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
  // A busy machine may fail a request of a round, which then has some of them only, and a moment without a scrape has none.
  for (const name of ['request', 'mean', 'storageQueriesPerRequest', 'serviceCpuUsPerRequest'])
    await waitUntil(
      async () => {
        const measured = (await look()).update?.figures ?? [];
        const having = measured.flatMap(({ figure, candidate }) => (figure === name ? [candidate] : []));
        return isDeepStrictEqual(having.toSorted(), facts.candidates.toSorted());
      },
      patienceMs,
      answerMs,
    );

  const blocks = await blocksByRound(prometheus);
  // On a busy machine a round of a second may pass between two scrapes: those that the page has seen are there, and each is whole.
  assert.deepEqual(
    seen.filter((round) => !blocks.has(round)),
    [],
    `${[...blocks.keys()].join()} are known of`,
  );
  // Together all run at once, so that each is in the first place.
  const together = facts.candidates.map((candidate) => `${candidate} 0`).toSorted();
  for (const [round, inIt] of blocks) assert.deepEqual(inIt.toSorted(), together, `round ${round}`);

  await run.said('round 2/100');
  const children = [...childrenOf(run.pid).values()];
  assert.ok(children.length >= 7, `${children.length} children`);
  run.kill('SIGINT');
  const { status, stdout, stderr } = await run.ended;
  assert.equal(status, 130, stderr);
  assert.deepEqual(children.filter(isRunning), []);
  for (const candidate of facts.candidates) assert.match(stdout, new RegExp(`^${candidate} `, 'm'));
  const result = readResult(join(runFolderOf(stderr), 'result.json'));
  assert.deepEqual([result.exitCode, result.status], [130, 'interrupted']);
  assert.ok(result.rounds.length >= 2, `${result.rounds.length} rounds`);
}

/** Candidate and slot of each block that Prometheus has seen, by round. */
async function blocksByRound(prometheus: string): Promise<ReadonlyMap<number, readonly string[]>> {
  type Counted = { data: { result: { metric: Record<'candidate' | 'round' | 'slot', string> }[] } };
  const query = new URLSearchParams({ query: 'count_over_time(experiment_block_info[5m])' });
  const answer = await fetch(`${prometheus}/api/v1/query?${query.toString()}`);
  const { data } = (await answer.json()) as Counted;
  const byRound = Map.groupBy(data.result, ({ metric }) => Number(metric.round));
  return new Map(
    [...byRound].map(([round, blocks]) => [
      round,
      blocks.map(({ metric }) => `${metric.candidate} ${metric.slot}`),
    ]),
  );
}
