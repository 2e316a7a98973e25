import { writeFileSync } from 'node:fs';
import { formatCandidate } from '../../app/candidates/format-candidate.ts';
import { adviseFrom, adviseNone, isHopeless } from '../advice/advice.ts';
import type { Advice, Simulation } from '../advice/advice.ts';
import { renderAdvice } from '../advice/advice-text.ts';
import { candidateGrid, roomyCandidate } from '../advice/candidate-grid.ts';
import { chooseFew, frontOf, priceOf } from '../advice/front.ts';
import { CommandError } from '../errors.ts';
import type { NamedCandidate } from '../experiment/named-candidates.ts';
import { openReads } from '../recordings/read-recording.ts';
import type { ReadsSource } from '../recordings/recording.ts';
import { RecordingInvalid } from '../recordings/recording-invalid.ts';
import { readsOfPart } from '../replay/predict-replay.ts';
import type { CompareResult } from '../report/compare-result.ts';
import { simulateRecording } from '../simulator/simulate-recording.ts';
import { createAttempts, requireShown } from './attempts.ts';
import { readAndPlan, runReplay } from './replay.ts';
import type { ReplayCommandOptions } from './replay.ts';
import { openForWriting } from './result-faces.ts';
import { progressOf, progressTowards } from './simulation-progress.ts';
import type { Terminal } from './terminal.ts';

export type AdviseOptions = Omit<ReplayCommandOptions, 'primary' | 'sample' | 'speed'> & {
  readonly speed: number;
  /** What all configurations have in common. */
  readonly strategy: string;
};

/** Simulates many configurations over a recording, runs the few that are worth it, and recommends one. */
export async function advise(terminal: Terminal, file: string, options: AdviseOptions): Promise<void> {
  const { json: jsonPath, ...replayOptions } = options;
  if (jsonPath === '-')
    throw new CommandError('usage', '--json - would stand among what is told of the replay.', {
      remedy: 'Name a file.',
    });
  const jsonFile = jsonPath === undefined ? null : openForWriting(jsonPath);
  const given = { ...replayOptions, primary: 'request' };
  const simulation = await simulateGrid(terminal, file, { ...given, strategy: options.strategy });
  if (isHopeless(simulation)) return show(terminal, jsonFile, adviseNone(simulation), null);
  const few = chooseFew(simulation.front);
  const labels = few.map(({ label }) => label);
  terminal.report(`Running ${labels.join(', ')} ...`);
  const result = await runReplay(terminal, file, await readAndPlan(terminal, file, labels, given), given);
  show(terminal, jsonFile, adviseFrom(result, few, simulation), result);
}

function show(
  terminal: Terminal,
  jsonFile: string | null,
  advice: Advice,
  result: CompareResult | null,
): void {
  terminal.print(`${result === null ? '' : '\n'}${renderAdvice(advice, result)}`);
  if (jsonFile === null) return;
  const attempts = createAttempts(terminal);
  attempts.attempt(`--json ${jsonFile}`, () =>
    writeFileSync(jsonFile, `${JSON.stringify({ ...advice, result })}\n`),
  );
  requireShown(attempts);
}

/** The front of hit ratio and memory, of the part of the recording that is replayed. */
async function simulateGrid(
  terminal: Terminal,
  file: string,
  options: ReplayCommandOptions & Pick<AdviseOptions, 'strategy'>,
): Promise<Simulation> {
  const { strategy } = options;
  const roomy = roomyCandidate(strategy);
  const { plan, part } = await readAndPlan(terminal, file, [roomy.label], options);
  const { replicas, seed } = plan;
  const sizes = { areKnown: false, format: '' };
  const simulate = async (all: readonly NamedCandidate[], onProgress: (events: number) => void) =>
    simulateRecording(
      watchSizes(readsOfPart(await openReads(file, options), part), sizes),
      all.map(({ candidate }) => candidate),
      { replicas, seed, onProgress, signal: terminal.signal },
    );
  let eventsOfAll = 0;
  const tell = progressOf(terminal, ' read, to see how large all of it is');
  const [ofAll] = await simulate([roomy], (events) => {
    eventsOfAll = events;
    tell(events);
  });
  if (!sizes.areKnown) refuseWithoutSizes(file, sizes.format);
  const bytesOfAll = Math.max(ofAll?.memoryBytesMax ?? 0, ofAll?.redisBytesMax ?? 0);
  const grid = candidateGrid(strategy, { bytesOfAll, replicas });
  terminal.report(`Simulating ${grid.length} configurations of ${strategy} ...`);
  const simulated = await simulate(grid, progressTowards(terminal, eventsOfAll));
  const priced = simulated.map((one) => priceOf(formatCandidate(one.candidate), one, replicas));
  const { isForeign, isWhole, recordedSeconds } = part;
  return {
    ...{ front: frontOf(priced), simulated: grid.length, strategy },
    ...{ isForeign, isWhole, recordedSeconds },
  };
}

/** Notes whether any read has a size: a simulation goes on without, since what an entry costs beside its value is known. */
function watchSizes(source: ReadsSource, sizes: { areKnown: boolean; format: string }): ReadsSource {
  sizes.format = source.meta.source;
  return {
    ...source,
    async *batches() {
      for await (const batch of source.batches()) {
        sizes.areKnown ||= batch.bytes.subarray(0, batch.length).some((bytes) => bytes > 0);
        yield batch;
      }
    },
  };
}

/** An advice weighs hits against bytes, and so needs sizes. `format`: only in CSV may they be in a column that nobody has named. */
function refuseWithoutSizes(file: string, format: string): never {
  const ofColumn = format === 'csv' ? 'Name a column of sizes (--columns ...,size=NAME). ' : '';
  throw new RecordingInvalid(
    `${file} has no sizes: each is 0, and an advice is expected to weigh hits against bytes.`,
    { remedy: `${ofColumn}"darkroom simulate" says what candidates would hit without them.` },
  );
}
