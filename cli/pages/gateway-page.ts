import { findFigure } from '../figures/figure-list.ts';
import type { CandidateResult, CompareResult } from '../report/compare-result.ts';
import { renderTable } from '../report/table.ts';
import { gatewayLossRows, gatewayLossTitles } from './gateway-losses.ts';
import type { FoundLimit } from './leader-limit.ts';
import type { RunComparison } from './run-compare.ts';

const article = 'https://netflixtechblog.com/consistent-caching-mechanism-in-titus-gateway-6cb89b9ce296';

/** The loads of the article beside the one at which its leader broke: 1,000, 4,000 and 8,000 queries a second of 4,500. */
export const publishedLoads = {
  moderate: { ofLimit: 1_000 / 4_500, isBeyondLimit: false },
  near: { ofLimit: 4_000 / 4_500, isBeyondLimit: false },
  beyond: { ofLimit: 8_000 / 4_500, isBeyondLimit: true },
} as const;
export type LoadName = keyof typeof publishedLoads;

/** How many times as long it took without the replica; below 1 the replica is slower. Null: the article does not say. */
const published: Readonly<Record<Exclude<LoadName, 'beyond'>, Readonly<Record<string, number | null>>>> = {
  moderate: { p50: 1 / 2, p80: null, p99: 9.7 },
  near: { p50: 17 / 19, p80: 15.3, p99: 21.7 },
};
const publishedSyncMs = 4;
/** "At least": how many times the load it carried with replicas, as fast. */
const publishedLoad = 2;

export type GatewayMeasured = {
  readonly limit: FoundLimit;
  readonly runs: Readonly<Record<LoadName, RunComparison>>;
};

const none = '–';
/**
 * How many times as long a query takes without the replica, from the change in percent that the replica
 * makes.
 */
const timesLonger = (changePct: number): number => 100 / (100 + changePct);
const times = (value: number | null): string => (value === null ? none : `${value.toFixed(2)} ×`);
const valueOf = ({ figures }: CandidateResult, name: string): number | null => figures[name] ?? null;

function told(candidate: CandidateResult | undefined, name: string): string {
  const value = candidate === undefined ? null : valueOf(candidate, name);
  return value === null ? none : (findFigure(name)?.write(value) ?? String(value));
}

const ofGateway = (result: CompareResult, gateway: string): CandidateResult | undefined =>
  result.candidates.find(({ role, config }) => role !== 'control' && config['gateway'] === gateway);

/** How many times as long a figure is at the leader as at the replicas. */
function ratioOf(result: CompareResult, name: string): number | null {
  const [leader, replicas] = ['leader', 'consistent'].map((gateway) => {
    const found = ofGateway(result, gateway);
    return found === undefined ? null : valueOf(found, name);
  });
  return leader === null || leader === undefined || replicas === null || !replicas ? null : leader / replicas;
}

/** Between which ratios the rounds place it, at 95 %. */
function intervalOf(result: CompareResult, name: string): string {
  const [comparison] = result.comparisons.filter(
    ({ candidate, baseline, metric }) =>
      metric === name &&
      candidate === ofGateway(result, 'consistent')?.name &&
      baseline === ofGateway(result, 'leader')?.name,
  );
  const [least, most] = comparison?.interval95 ?? [];
  return least === undefined || most === undefined
    ? none
    : `${timesLonger(most).toFixed(2)}–${timesLonger(least).toFixed(2)}`;
}

function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Requests that were answered as wanted while more came than anybody carries. */
const answeredOf = (result: CompareResult, gateway: string): number => {
  const { requests, errors } = ofGateway(result, gateway) ?? { requests: 0, errors: 0 };
  return requests - errors;
};

/** How many times as many of them with replicas. */
function answeredRatio(result: CompareResult): number | null {
  const alone = answeredOf(result, 'leader');
  return alone === 0 ? null : answeredOf(result, 'consistent') / alone;
}

/** The published ratios beside ours. */
function ratiosTable({ runs }: GatewayMeasured): string {
  const rows = (['moderate', 'near'] as const).flatMap((load) =>
    ['p50', 'p80', 'p99'].map((name) => {
      const { result } = runs[load];
      const [leader, replicas] = ['leader', 'consistent'].map((gateway) =>
        told(ofGateway(result, gateway), name),
      );
      const rate = `${load}, ${result.manifest.rate.perSecond}/s`;
      const articles = published[load][name] ?? null;
      return [
        ...[rate, name, `${leader} → ${replicas}`, times(ratioOf(result, name))],
        ...[intervalOf(result, name), times(articles)],
      ];
    }),
  );
  const { result } = runs.beyond;
  const [alone, replicas] = ['leader', 'consistent'].map((gateway) =>
    answeredOf(result, gateway).toLocaleString('en-US'),
  );
  const load = [
    ...[`beyond, ${result.manifest.rate.perSecond}/s`, 'answers, with ÷ without'],
    ...[`${alone} → ${replicas}`, times(answeredRatio(result)), none, `at least ${times(publishedLoad)}`],
  ];
  return markdownTable(
    ['load', 'quantile', 'leader → consistent', 'without ÷ with, here', '95 %, of rounds', 'published'],
    [...rows, load],
  );
}

/** What synchronisation costs, and whether it holds. */
function syncTable({ runs }: GatewayMeasured): string {
  const names = [
    'syncDelaySecondsMean',
    'syncDelayMsP99',
    'syncDelayMsMax',
    'keepAlivesPerSecond',
    'queriesPerKeepAlive',
    'staleReads',
    'nonMonotonicReads',
  ];
  const loads = Object.entries(runs);
  const inRow = (gateway: string, name: string): string[] =>
    loads.map(([, { result }]) => told(ofGateway(result, gateway), name));
  const wordsOf = (name: string): string => findFigure(name)?.words ?? findFigure(name)?.title ?? name;
  const rows = names.map((name) => [wordsOf(name), ...inRow('consistent', name)]);
  const cpuOfLeader = 'leaderCpuUsPerQuery';
  const cpuRows = ['consistent', 'leader'].map((gateway) => [
    `${wordsOf(cpuOfLeader)}, µs, with \`gateway=${gateway}\``,
    ...inRow(gateway, cpuOfLeader),
  ]);
  const titles = loads.map(([load, { result }]) => `${load}, ${result.manifest.rate.perSecond}/s`);
  return markdownTable(['', ...titles], [...rows, ...cpuRows]);
}

/** What follows from the figures of this page alone. */
function differences({ limit, runs }: GatewayMeasured): string[] {
  const { near, beyond, moderate } = runs;
  const { cores } = near.result.manifest.machine;
  const sync = ofGateway(moderate.result, 'consistent');
  const syncMs = sync === undefined ? null : valueOf(sync, 'syncDelaySecondsMean');
  const overloaded = beyond.result.candidates.filter(
    ({ role, overloadedRounds }) => role !== 'control' && overloadedRounds > 0,
  );
  const carried = beyond.result.candidates.filter(
    ({ role, overloadedRounds }) => role !== 'control' && overloadedRounds === 0,
  );
  return [
    `**One machine.** The article's leader, gateways and clients had machines of their own; here they share ${cores} cores with k6. The leader
broke at ${limit.notCarried ?? 'more than any rate that was tried,'} requests/s, the article's at about 4,500.`,
    `**At moderate load** the tail is ${times(ratioOf(moderate.result, 'p99'))} here and ${times(published.moderate['p99'] ?? null)} there. A tail of 292 ms at a fifth of its
limit, as the article has it, is hardly of queries that wait for each other: its leader does other work as well, on a heap with all of its
state. Ours does nothing but answer queries, and until its core is busy there is little tail to take away. The wait for synchronisation is
there at any load, and the middle request pays it.`,
    nearLimit(near.result),
    `**The wait.** Synchronisation took ${syncMs === null ? 'n/a' : `${(syncMs * 1000).toFixed(1)} ms`} on average at moderate load; published are about ${publishedSyncMs} ms with
the same gaps. A keep-alive is sent at once when the last one is older than the gap, so that at low rates only the gap of events is
waited for.`,
    `**Beyond the limit.** At ${beyond.result.manifest.rate.perSecond} requests/s ${overloaded.map(({ name }) => `\`${name}\``).join(', ') || 'nobody'} did not carry the rate; ${carried.map(({ name }) => `\`${name}\``).join(', ') || 'nobody'} did.
With replicas ${times(answeredRatio(beyond.result))} as much was answered, and published is at least ${times(publishedLoad)} the load: there the gateways brought machines, here
they bring none. What is answered at all takes CPU of the same cores, and the load does too.`,
  ];
}

/** CPU that the requests of one second take, in seconds: of all that serves, and of k6. */
function cpuOfSecond(result: CompareResult, gateway: string): string {
  const found = ofGateway(result, gateway);
  const [serving, load] = ['cpuUsPerRequest', 'driverCpuUsPerRequest'].map((name) => {
    const us = found === undefined ? null : valueOf(found, name);
    return us === null ? none : `${((us * result.manifest.rate.perSecond) / 1e6).toFixed(2)} s`;
  });
  return `${serving} of what serves and ${load} of k6`;
}

/** Whether the leader is what is full there, and what that makes of the ratios. */
function nearLimit(result: CompareResult): string {
  const { cores } = result.manifest.machine;
  const [p50, p80, p99] = ['p50', 'p80', 'p99'].map((name) => times(ratioOf(result, name)));
  const ofArticle = published.near;
  return `**Near the limit** it is the machine that is full, before a core is full of the leader alone: the requests of a second take
${cpuOfSecond(result, 'leader')} with \`gateway=leader\`, where a page is serialised by the leader and passes through a gateway, and
${cpuOfSecond(result, 'consistent')} with \`gateway=consistent\`, where the gateway serialises it itself; ${cores} cores have ${cores} s. So all
requests wait for cores, the middle one too (${p50} here, ${times(ofArticle['p50'] ?? null)} there), and they wait with replicas as well, if for less
time: p80 is ${p80} and p99 ${p99}, where the article has ${times(ofArticle['p80'] ?? null)} and ${times(ofArticle['p99'] ?? null)}. Its leader was full alone, and its gateways had
machines with room. How long what has piled up takes to go differs much from round to round: see the intervals.`;
}

/** What one more gateway adds. Processes that share cores cannot show it; what a query costs each kind of them can be told. */
function scaling({ runs: { near } }: GatewayMeasured): string {
  const { result } = near;
  const { cores } = result.manifest.machine;
  const [alone, leader, gateway] = [
    told(ofGateway(result, 'leader'), 'leaderCpuUsPerQuery'),
    told(ofGateway(result, 'consistent'), 'leaderCpuUsPerQuery'),
    told(ofGateway(result, 'consistent'), 'gatewayCpuUsPerQuery'),
  ];
  return `Where gateways have cores of their own, one more of them carries more queries, until a core of the leader is busy with what they ask of it.
${cores} cores that all processes share cannot show that: one more gateway brings no core. What can be told is where the CPU goes. Near
the limit a query took ${alone} µs of the leader with \`gateway=leader\`; with \`gateway=consistent\` it took ${leader} µs of the leader and
${gateway} µs of a gateway. What the gateways take is what more of them would share. What is left to the leader does not grow with the queries:
each gateway asks it at most once in the gap of keep-alives ([TG-2](../systems.md)), and all wait for the same events.`;
}

export function composeGatewayPage(measured: GatewayMeasured): string {
  const { runs, limit } = measured;
  const { machine, versions, git, startedAt } = runs.near.result.manifest;
  const commit = git.commit === null ? '' : `, commit ${git.commit.slice(0, 12)}`;
  return `${[
    '# Consistent gateway',
    `Written by \`npm run gateway-page\`, which runs everything that it tells of. The system is built after [consistent caching in Titus
Gateway](${article}); [decision 33](../decisions/0033-reads-wait-for-an-acknowledgement-under-a-lease.md) says how reads and leases go
together, [decision 32](../decisions/0032-the-stream-is-a-websocket.md) why the stream is a WebSocket, and [Systems](../systems.md) has the
rows TG-1 to TG-8 with their tests. \`npm run gateway-trials\` looks for stale reads in 100,000 trials.`,
    `${startedAt.slice(0, 10)}, ${machine.cores} cores, ${machine.cpu}, ${machine.platform}, Node ${versions.node}, PostgreSQL ${versions.postgres}${commit}.
The limit was looked for first: \`gateway=leader\` ${limitText(limit)}. The three loads are the
article's share of its leader's limit: 22 %, 89 % and 178 %.`,
    '## Beside the article (TG-8)',
    ratiosTable(measured),
    '## Synchronisation (TG-4)',
    syncTable(measured),
    '## One more gateway (TG-7)',
    scaling(measured),
    '## What is lost, by whom',
    `Shown by \`tests/gateway-processes.test.ts\`, \`app/gateway/election.test.ts\` and \`app/gateway/forwarding.test.ts\`, and for thousands of
interleavings by \`tests/gateway-simulation/\`. Whatever is refused is refused with 503 and \`Retry-After\`, and may be sent again. No answer is older
than it may be: of \`leader\` and \`consistent\` none is older than what was acknowledged before it was asked for.`,
    markdownTable(gatewayLossTitles, gatewayLossRows),
    '## What differs, and why',
    ...differences(measured),
    '## The runs',
    ...Object.entries(runs).flatMap(([load, { command, result }]) => [
      `### ${load}`,
      `    ${command}`,
      `\`\`\`\n${renderTable(result).trimEnd()}\n\`\`\``,
    ]),
  ].join('\n\n')}\n`;
}

function limitText({ carried, notCarried }: FoundLimit): string {
  if (carried === null) return `did not carry ${notCarried} requests/s, the first rate that was tried`;
  return `carried ${carried} requests/s${notCarried === null ? '' : ` and not ${notCarried}`}`;
}
