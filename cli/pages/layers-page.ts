import { binarySize, percent } from '../../app/contract/figure-text.ts';
import { cellsOfLayer } from '../report/layers-table.ts';
import { renderTable } from '../report/table.ts';
import type { CandidateResult, CompareResult } from '../report/compare-result.ts';
import { answersOf } from '../worlds/cache-counts.ts';
import type { BrowsedAnew } from './browse-anew.ts';
import type { MeasuredRestart, MinuteOfLoad } from './measure-restart.ts';
import type { RunComparison } from './run-compare.ts';

const article = 'https://dzone.com/articles/architectural-insights-designing-efficient-multi-l';
const paper = 'https://research.facebook.com/publications/an-analysis-of-facebook-photo-caching/';

/** What Facebook published in 2013 of its photos: shares of all requests, and hit ratios of what came to each layer. */
const published = [
  { layer: 'browser', ours: 'browser', share: 0.655, hitRatio: 0.655 },
  { layer: 'edge', ours: 'edge', share: 0.2, hitRatio: 0.58 },
  { layer: 'origin', ours: null, share: 0.046, hitRatio: 0.318 },
  { layer: 'store', ours: 'service', share: 0.099, hitRatio: null },
] as const;

export type LayersMeasured = {
  readonly run: RunComparison;
  readonly restart: MeasuredRestart;
  readonly browsed: BrowsedAnew;
};

const none = '–';
const pct = (share: number | null | undefined): string =>
  share === null || share === undefined ? none : `${percent(1)(share)} %`;

function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

const shownOf = ({ candidates }: CompareResult): CandidateResult[] =>
  candidates.filter(({ role, layers }) => role !== 'control' && layers.length > 0);

/** The candidate that is set beside Facebook's layers: the first with an edge, or the first of all. */
function comparedWith(result: CompareResult): CandidateResult | undefined {
  const shown = shownOf(result);
  return shown.find(({ layers }) => layers.some(({ layer }) => layer === 'edge')) ?? shown[0];
}

const imagesOf = (candidate: CandidateResult | undefined, layer: string | null) =>
  candidate?.layers.find((row) => row.of === 'images' && row.layer === layer);

function waterfall(result: CompareResult): string {
  const candidate = comparedWith(result);
  const rows = published.map(({ layer, ours, share, hitRatio }) => {
    const own = imagesOf(candidate, ours);
    return [layer, ours ?? none, pct(share), pct(own?.share), pct(hitRatio), pct(own?.hitRatio)];
  });
  return markdownTable(
    [
      'layer of 2013',
      'here',
      'share of all, published',
      'here',
      'hit ratio of what came to it, published',
      'here',
    ],
    rows,
  );
}

/** What follows from how both were measured. */
function differences(result: CompareResult): string[] {
  const candidate = comparedWith(result);
  const { rate, scenario } = result.manifest;
  const browser = imagesOf(candidate, 'browser');
  const edge = imagesOf(candidate, 'edge');
  const bytesOfRequest = (row: ReturnType<typeof imagesOf>): string =>
    row?.bytes === null || row?.bytes === undefined || row.answered === 0
      ? none
      : binarySize(row.bytes / row.answered);
  return [
    `**Browser** (${pct(published[0].share)} published, ${pct(browser?.share)} here). Ours are planned: how many views came before, and how many viewers come with an
empty browser, is chosen so that about two thirds are answered; the figure says that the model is in its range, not that it was found.
Small pictures are shown again more often: what browsers answered has ${bytesOfRequest(browser)} each, what went on to the next layer ${bytesOfRequest(edge ?? imagesOf(candidate, 'service'))}.`,
    edge === undefined
      ? '**Edge.** None was measured: no candidate had one.'
      : `**Edge** (${pct(published[1].hitRatio)} of what came to it published, ${pct(edge.hitRatio)} here). Nine edges shared the traffic then, each with a working set larger than its room; published is
that one edge for all would have had 17 points more. Here one edge has room for every picture: what it lacks is what nobody had asked
for before, and of 5,000 photos in four sizes a few minutes at ${rate.perSecond} requests/s do not ask for all.`,
    `**Origin cache** (${pct(published[2].share)} published, none here). The service keeps no picture in memory: what the edge lacks is read from the blob store, files
on the same machine. Its caches, memory and redis, are asked for rows, and have a cascade of their own below.`,
    `**Store** (${pct(published[3].share)} published, ${pct(imagesOf(candidate, 'service')?.share)} here). It answers what is left, so that it differs by what the others do.`,
    `**The load.** Published are a month, 77 million requests and more than a million photos; here it is \`${scenario}\` with ${result.manifest.rounds} rounds, of people and
photos of the seed, all of one service and one region.`,
  ];
}

function layersTable(result: CompareResult): string {
  const titles = [
    'candidate',
    'of',
    'layer',
    'asked',
    'answered',
    'hit %',
    'share %',
    'offload %',
    'stale %',
    'outdated %',
    'bytes',
    'memory',
    'memory per point',
  ];
  return markdownTable(
    titles,
    shownOf(result).flatMap(({ name, layers }) =>
      layers.map((layer, index) => [index === 0 ? `\`${name}\`` : '', ...cellsOfLayer(layer)]),
    ),
  );
}

/** Both accounts, over all rounds of each candidate. */
function accountsTable({ blocks, candidates }: CompareResult): string {
  const rows = candidates.map(({ name }) => {
    const own = blocks.filter(({ candidate }) => candidate === name);
    const accounts = own.flatMap(({ viewerRequests }) => viewerRequests ?? []);
    const reads = own.flatMap(({ cache }) => cache ?? []);
    const sum = <T>(all: readonly T[], of: (one: T) => number): number =>
      all.reduce((total, one) => total + of(one), 0);
    const asked = sum(accounts, (one) => one.asked);
    const answered = sum(accounts, ({ browser, edge, service }) => browser + edge + service);
    const asks = sum(reads, (one) => one.reads);
    const answers = sum(reads, answersOf);
    return [
      `\`${name}\``,
      String(accounts.length),
      String(asked),
      String(answered),
      String(asks),
      String(answers),
    ];
  });
  return markdownTable(
    [
      'candidate',
      'rounds',
      'asked by viewers',
      'answered by browser, edge and service',
      'reads of caches',
      'answered by tiers, loads and past the cache',
    ],
    rows,
  );
}

function restartTable({ cold, warm, restarted, uncached }: MeasuredRestart): string {
  const row = (name: string, { requests, storageQueries, reads }: MinuteOfLoad): string[] => {
    const base = reads.reads - reads.bypasses;
    const share = (part: number): string => (base === 0 ? none : `${percent(1)(part / base)} %`);
    return [
      name,
      String(requests),
      String(storageQueries),
      `${percent(0)(storageQueries / uncached.storageQueries)} %`,
      share(reads.memoryHits),
      share(reads.redisHits),
      share(reads.loads + reads.joinedLoads),
    ];
  };
  return markdownTable(
    [
      'minute',
      'requests',
      'storage queries',
      'of those without a cache',
      'memory hits',
      'redis hits',
      'loads',
    ],
    [
      row('cold start: memory and redis empty', cold),
      row('the one behind it, warm', warm),
      row('behind a restart of the replicas, redis kept', restarted),
      row('without a cache', uncached),
    ],
  );
}

function browsedText({ views, reloadShare, images, imageBytes, errors }: BrowsedAnew): string {
  const all = images.browser + images.revalidated + images.service;
  return `The driver in Node looked at ${views} views with a cache by RFC 9111 for each viewer, which began empty; ${percent(0)(reloadShare)} % of the pages were loaded
anew, as by who presses reload. Of ${all} images ${images.browser} were in the browser, ${images.revalidated} were asked about and still held (304), and
${images.service} came with their bodies: ${percent(1)(imageBytes.sent / Math.max(1, imageBytes.seen))} % of the bytes that viewers saw were sent. ${errors} requests failed. Pages are
\`no-store\` or private, and were sent each time.`;
}

export function composeLayersPage({ run, restart, browsed }: LayersMeasured): string {
  const { result, command } = run;
  const { machine, versions, git, startedAt } = result.manifest;
  const commit = git.commit === null ? '' : `, commit ${git.commit.slice(0, 12)}`;
  return `${[
    '# Layers',
    `Written by \`npm run layers-page\`, which runs everything that it tells of. The layers are built after [multi-layered caching](${article});
[decision 36](../decisions/0036-browsers-in-the-load.md) says how browsers are in the load, and [Systems](../systems.md) has the rows ML-1 to
ML-8 with their tests.`,
    `${startedAt.slice(0, 10)}, ${machine.cores} cores, ${machine.cpu}, ${machine.platform}, Node ${versions.node}, PostgreSQL ${versions.postgres}${commit}.`,
    '## Beside Facebook in 2013',
    `Shares of the requests for images, as [published](${paper}) and with \`${comparedWith(result)?.name ?? none}\`:`,
    waterfall(result),
    '## What differs, and why',
    ...differences(result),
    '## Who answered, layer by layer',
    `Images are asked for by viewers, reads by the service of its caches. *Offload*: what a layer and those before it kept away from those behind.
*Stale*: past its lifetime; *outdated*: without a write whose answer the edge had passed on before. *Memory*: at the end of a round; *per point*: of its hit ratio. Images and pages share the memory of the edge: both are told the whole, and
only images by point.`,
    layersTable(result),
    '## The accounts',
    'Over all rounds, control included. In every round both sides of each account are equal to the unit, or the round says so.',
    accountsTable(result),
    '## Behind a restart (ML-3)',
    `\`${restart.candidate}\`, two replicas, ${restart.ratePerSecond} requests/s of feed-browsing for a minute each.`,
    restartTable(restart),
    '## Browsers that remember entity tags',
    browsedText(browsed),
    '## The run',
    `    ${command}`,
    `\`\`\`\n${renderTable(result).trimEnd()}\n\`\`\``,
  ].join('\n\n')}\n`;
}
