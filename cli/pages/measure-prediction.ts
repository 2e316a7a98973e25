import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import { eventNames } from '../recordings/recording.ts';
import { openRecording } from '../recordings/read-recording.ts';
import type { StackContext } from '../stack/stack-context.ts';
import type { PredictionMeasured } from './prediction-page.ts';
import { runForResult } from './run-compare.ts';
import { runDarkroom } from './run-darkroom.ts';

/** What is predicted: each layer alone and both, four policies, memories that are too small, and lifetimes that end. */
const candidates = [
  'cache-aside',
  'cache-aside:tiers=memory',
  'versioned:ttl=10s',
  'versioned:tiers=memory,memory=256KiB',
  'versioned:memory=512KiB,eviction=s3-fifo',
  'cache-aside:memory=256KiB,eviction=w-tinylfu',
] as const;

const fileName = 'feed.parquet';
/** Seven worlds share the machine: with more, the load would measure itself. */
const ratePerSecond = 15;
const recordedSeconds = 150;

/** Records a load, and replays the recording. */
export async function measurePrediction(
  context: StackContext,
  checkout: string,
): Promise<PredictionMeasured> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-page-'));
  const file = join(folder, fileName);
  const asRead = (command: string): string => command.replaceAll(file, fileName);
  try {
    const recorded = [
      ...['record', 'feed-browsing', '--identifiers', 'plain', '--out', file],
      ...['--rate', String(ratePerSecond), '--duration', String(recordedSeconds)],
    ];
    const record = `./darkroom ${recorded.join(' ')}`;
    context.report(`Running ${record}`);
    const { code, logFile } = await runDarkroom(context, checkout, recorded);
    context.signal.throwIfAborted();
    if (code !== 0) throw new CommandError('serviceFailed', `"${record}" ended with ${code}.`, { logFile });
    const { command, result } = await runForResult(context, checkout, [
      ...['replay', file, '--baseline', candidates[0]],
      ...candidates,
    ]);
    const recording = await describeRecording(file);
    return { record: asRead(record), replay: asRead(command), recording, result };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function describeRecording(file: string): Promise<PredictionMeasured['recording']> {
  const { events } = await openRecording(file);
  const counts = eventNames.map(() => 0);
  let [firstUs, lastUs] = [Infinity, -Infinity];
  for await (const batch of events.batches()) {
    for (const event of batch.event.subarray(0, batch.length)) counts[event] = (counts[event] ?? 0) + 1;
    firstUs = Math.min(firstUs, batch.timeUs[0] ?? firstUs);
    lastUs = Math.max(lastUs, batch.timeUs[batch.length - 1] ?? lastUs);
  }
  const of = (name: (typeof eventNames)[number]): number => counts[eventNames.indexOf(name)] ?? 0;
  return { requests: of('request'), reads: of('read'), seconds: (lastUs - firstUs) / 1e6 };
}
