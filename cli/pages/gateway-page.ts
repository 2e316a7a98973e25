import { findFigure } from '../figures/figure-list.ts';
import type { CandidateResult, CompareResult } from '../report/compare-result.ts';
import { renderTable } from '../report/table.ts';
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

export type GatewayMeasured = {
  readonly limit: FoundLimit;
  readonly runs: Readonly<Record<LoadName, RunComparison>>;
};

const none = '–';
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

function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
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
      return [rate, name, `${leader} → ${replicas}`, times(ratioOf(result, name)), times(articles)];
    }),
  );
  return markdownTable(
    ['load', 'quantile', 'leader → consistent', 'without ÷ with, here', 'published'],
    rows,
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
    'leaderCpuUsPerQuery',
    'staleReads',
    'nonMonotonicReads',
  ];
  const loads = Object.entries(runs);
  const rows = names.map((name) => [
    findFigure(name)?.words ?? findFigure(name)?.title ?? name,
    ...loads.map(([, { result }]) => told(ofGateway(result, 'consistent'), name)),
  ]);
  const leaders = loads.map(([, { result }]) => told(ofGateway(result, 'leader'), 'leaderCpuUsPerQuery'));
  const titles = loads.map(([load, { result }]) => `${load}, ${result.manifest.rate.perSecond}/s`);
  return markdownTable(
    ['', ...titles],
    [...rows, ['the same with `gateway=leader`: CPU of the leader per query', ...leaders]],
  );
}

/** What follows from the figures of this page alone. */
function differences({ limit, runs }: GatewayMeasured): string[] {
  const { near, beyond, moderate } = runs;
  const { cores } = near.result.manifest.machine;
  const sync = ofGateway(moderate.result, 'consistent');
  const syncMs = sync === undefined ? null : valueOf(sync, 'syncDelaySecondsMean');
  const cpu = ['leader', 'consistent'].map((gateway) =>
    told(ofGateway(near.result, gateway), 'cpuUsPerRequest'),
  );
  const overloaded = beyond.result.candidates.filter(
    ({ role, overloadedRounds }) => role !== 'control' && overloadedRounds > 0,
  );
  const carried = beyond.result.candidates.filter(
    ({ role, overloadedRounds }) => role !== 'control' && overloadedRounds === 0,
  );
  return [
    `**One machine.** The article's leader, gateways and clients had machines of their own; here they share ${cores} cores with k6. The leader
broke at ${limit.notCarried ?? 'more than any rate that was tried,'} requests/s, the article's at about 4,500.`,
    `**What a query costs.** Near the limit all that serves used ${cpu[0]} µs of CPU per request with \`gateway=leader\`, where a page is
serialised by the leader and passes through a gateway, and ${cpu[1]} µs with \`gateway=consistent\`, where the gateway serialises it
itself. Where cores are full, latency follows from that, and adding gateways adds no core.`,
    `**The wait.** Synchronisation took ${syncMs === null ? 'n/a' : `${(syncMs * 1000).toFixed(1)} ms`} on average at moderate load; published are about ${publishedSyncMs} ms with
the same gaps. A keep-alive is sent at once when the last one is older than the gap, so that at low rates only the gap of events is
waited for.`,
    `**Beyond the limit.** At ${beyond.result.manifest.rate.perSecond} requests/s ${overloaded.map(({ name }) => `\`${name}\``).join(', ') || 'nobody'} did not carry the rate; ${carried.map(({ name }) => `\`${name}\``).join(', ') || 'nobody'} did.`,
  ];
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
