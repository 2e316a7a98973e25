import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { createEventFile } from '../../app/recording/event-file.ts';
import { gatherRecording } from '../../cli/recordings/gather-recording.ts';
import { openRecording } from '../../cli/recordings/read-recording.ts';
import { outcomeNames } from '../../cli/recordings/recording.ts';
import { inventPlan, inventResult, inventTogether } from './invented-experiment.ts';
import { simulateRecording } from '../../cli/simulator/simulate-recording.ts';
import { parseServiceCounters } from '../../cli/worlds/service-counters.ts';
import { readsOf, sourceOf } from './simulated-reads-source.ts';

/**
 * What the command line tells of a candidate with memory before another tier, from what its replicas count and write down: its layers
 * and hit ratios, the guard of a tier that refuses a quarter of its reads, who answers in a recording, and what the simulator says of it.
 */
const [text = '', tier = '', folder = ''] = process.argv.slice(2);

const reads = (name: string, result: string) =>
  `cache_requests_total{cache_name="photo",cache_strategy="any",cache_tier="${name}",cache_result="${result}"}`;
const gets = (result: string) =>
  `cache_operation_duration_seconds_count{cache_name="photo",cache_tier="${tier}",cache_operation="get",cache_result="${result}"}`;
const { counts } = parseServiceCounters(
  [
    'cache_reads_total{cache_name="photo",cache_strategy="any"} 100',
    `${reads('memory', 'hit')} 60`,
    `${reads(tier, 'hit')} 25`,
    `${reads(tier, 'stale_hit')} 5`,
    `${reads('none', 'miss')} 10`,
    `${gets('hit')} 30`,
    `${gets('error')} 10`,
    'cache_size_bytes{cache_tier="memory"} 4000',
    'process_cpu_seconds_total 1',
  ].join('\n'),
);
const nothing = { requests: 0, bytes: 0 };
const viewed = {
  viewers: { sent: 100, images: { browser: nothing, sent: nothing } },
  account: { asked: 100, browser: 0, edge: 0, service: 100 },
};
const uncached = { medianMs: 4, queries: 1.4, memoryHits: 0 };
const experiment = inventTogether(
  { 'no-cache': uncached, [text]: { ...uncached, medianMs: 2 }, 'no-cache′': uncached },
  { block: (block) => (block.candidate === text ? { ...block, ...viewed, counts } : block) },
);
const { candidates, comparisons } = inventResult(inventPlan('together', [text]), experiment);
const found = candidates.find(({ name }) => name === text);
const { withheldReason = null } = comparisons.find(({ candidate }) => candidate === text) ?? {};

async function recordedOutcomes(): Promise<string[]> {
  const written = join(folder, 'written');
  mkdirSync(written);
  const events = createEventFile({
    file: join(written, 'r1.1'),
    bytesMax: 10_000_000,
    onFailed: (error) => {
      throw error;
    },
  });
  const read = {
    kind: 'read',
    request: 1,
    name: 'photo',
    thing: 'photo',
    id: 7,
    viewer: 0,
    bytes: 0,
  } as const;
  for (const [index, outcome] of (['local', 'shared', 'storage'] as const).entries())
    events.add({ ...read, timeUs: index, lifetimeMs: 0, outcome });
  await events.close();
  const file = join(folder, 'recorded.parquet');
  const { tiers } = parseCandidate(text).cache;
  await gatherRecording(written, file, { version: 1, source: 'test', identifiers: 'plain' }, tiers);
  const outcomes: string[] = [];
  for await (const { length, outcome } of (await openRecording(file)).events.batches())
    for (const number of outcome.subarray(0, length)) outcomes.push(outcomeNames[number] ?? '');
  return outcomes;
}

const simulated = await simulateRecording(sourceOf(readsOf([])), [parseCandidate(text)]).then(
  () => 'simulated',
  (error: unknown) => String(error),
);
process.stdout.write(
  JSON.stringify({
    layers: found?.layers.filter(({ of }) => of === 'reads'),
    hitRatio: found?.hitRatio,
    withheldReason,
    recorded: await recordedOutcomes(),
    simulated,
  }),
);
