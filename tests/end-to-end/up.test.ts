import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveAnswer, LiveLine } from '../../cli/live-page/page/live-facts.ts';
import { liveCharts } from '../../dashboards/live-queries.ts';
import { killProcess } from '../support/kill-process.ts';
import { childrenOf, isRunning, runCli } from '../support/run-cli.ts';
import { hasUpAddresses, readUpAddresses } from '../support/up-addresses.ts';
import { waitUntil } from '../support/wait-until.ts';

const small = ['--people', '60', '--photos', '300', '--rate', '40'];
/** A busy machine takes its time; only what never comes is a failure. */
const patienceMs = 90_000;

/** How often a page is asked: what is tested shares the machine with the test. */
const pauseMs = 250;
/** A lost cache is no reason for these, however slow the machine is. */
const uncalledFor = [
  'RequestErrorBudgetBurn',
  'PostgresDown',
  'TargetDown',
  'SpansDropped',
  'TooManySamples',
  'QuantilesClamped',
  'WriteQueueStuck',
  'QueuedWritesFail',
  'ReplicationSlotLag',
];

/** Whether there is a value in several seconds. What stays at zero is there, too: all may be well. */
const isMoving = ({ values }: LiveLine): boolean => values.filter((value) => value !== null).length >= 3;

/** The names of the alerts that fire. */
async function firing(prometheus: string): Promise<Set<string>> {
  const response = await fetch(`${prometheus}/api/v1/alerts`);
  const { data } = (await response.json()) as {
    data: { alerts: { state: string; labels: { alertname: string } }[] };
  };
  return new Set(data.alerts.flatMap(({ state, labels }) => (state === 'firing' ? [labels.alertname] : [])));
}

test('up under load: all of it moves, a killed Redis raises its alert, which clears, and Ctrl-C leaves nothing', async (t) => {
  const run = runCli(['up', 'cache-aside', '--load', 'feed-browsing', '--telemetry', 'trace100', ...small]);
  t.after(run.end);
  await run.said('Running; Ctrl-C stops it.');
  const { page = '', prometheus = '' } = readUpAddresses(run.pid);
  const redisPid = () => readUpAddresses(run.pid).candidates[0]?.redis?.pid;

  const look = async (): Promise<LiveAnswer> =>
    (await (await fetch(`${page}/data?since=0`)).json()) as LiveAnswer;
  const still = async (): Promise<string[]> => {
    const { update } = await look();
    return liveCharts.map(({ id }) => id).filter((id) => !(update?.charts[id] ?? []).some(isMoving));
  };
  await waitUntil(async () => (await still()).length === 0, patienceMs, pauseMs);

  const [slowest] = (await look()).slowTraces;
  const traceId = slowest?.traceId ?? '';
  const listed = await runCli(['traces', '--json']).ended;
  assert.ok(listed.stdout.includes(traceId), listed.stdout);
  const shown = await runCli(['trace', traceId.slice(0, 20)]).ended;
  assert.equal(shown.status, 0, shown.stderr);
  assert.match(shown.stdout, new RegExp(`trace ${traceId}`));

  const seen = new Set<string>();
  const isTierDown = async (): Promise<boolean> => {
    const names = await firing(prometheus);
    for (const name of names) seen.add(name);
    return names.has('RedisTierDown');
  };
  const killed = redisPid();
  killProcess(killed);
  await waitUntil(isTierDown, patienceMs, pauseMs);
  await run.said('Redis is back');
  assert.notEqual(redisPid(), killed);
  await waitUntil(async () => !(await isTierDown()), patienceMs, pauseMs);
  const { events = [] } = (await look()).update ?? {};
  assert.ok(events.some(({ text }) => text.startsWith('RedisTierDown')));
  assert.deepEqual(
    uncalledFor.filter((name) => seen.has(name)),
    [],
    [...seen].join(),
  );

  const children = [...childrenOf(run.pid).values()];
  assert.ok(children.length >= 6, `${children.length} processes`);
  run.kill('SIGINT');
  const { status, stderr } = await run.ended;
  assert.equal(status, 130, stderr);
  assert.deepEqual(children.filter(isRunning), []);
  assert.ok(!hasUpAddresses(run.pid));
});

test('up ends when PostgreSQL does, and stops the rest', async (t) => {
  const run = runCli(['up', 'no-cache', '--replicas', '1', ...small]);
  t.after(run.end);
  await run.said('Running; Ctrl-C stops it.');
  const children = childrenOf(run.pid);
  killProcess(children.get('postgres'));
  const { status, stderr } = await run.ended;
  assert.equal(status, 20, stderr);
  assert.match(stderr, /PostgreSQL ended by itself\.\n {2}More in .*postgres\.log/);
  assert.doesNotMatch(stderr, /prometheus ended by itself/);
  assert.deepEqual([...children.values()].filter(isRunning), []);
});

test('up says what is wrong with what it is asked for, before anything starts', async () => {
  for (const [args, complaint] of [
    [['up', 'cache-asid'], /Did you mean/],
    [['up', 'versioned', 'versioned:ttl=1m'], /are the same candidate/],
    [['up', 'no-cache', 'cache-aside', 'versioned', 'ttl-only', 'lease'], /too many/],
    [['up', '--load', 'feed-browse'], /feed-browsing/],
    [['up', '--telemetry', 'all'], /Allowed choices/],
    [['trace', 'xyz'], /hexadecimal/],
  ] as const) {
    const { status, stderr } = await runCli(args).ended;
    assert.equal(status, 2, args.join(' '));
    assert.match(stderr, complaint);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
});
