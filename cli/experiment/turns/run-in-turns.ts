import type { Experiment, SentPass } from '../experiment.ts';
import type { World } from '../../worlds/world.ts';
import type { BlockRecord, WarmUpCurve } from '../records.ts';
import type { BlockInput } from './run-block.ts';
import type { SeededRandom } from '../round-plan.ts';
import { decideRepeat, firstRoundPass, orderOfPass, shakedownPass, warmUpPass } from '../round-plan.ts';

/** What an experiment does, decided before anything starts. */
export type TurnsSettings = {
  readonly rounds: number;
  /** Requests per second. */
  readonly rate: number;
  readonly warmUpSeconds: number;
  readonly settleSeconds: number;
  readonly measureSeconds: number;
};

/** What the experiment works with. */
export type TurnsParts = {
  readonly worlds: readonly World[];
  readonly random: SeededRandom;
  readonly signal: AbortSignal;
  readonly runBlock: (input: BlockInput) => Promise<BlockRecord>;
  readonly warmUp: (world: World, pass: number, seconds: number) => Promise<WarmUpCurve>;
  /** Called with each block as it ends, in order. */
  readonly onBlock: (record: BlockRecord, blocksLeft: number) => void;
  readonly onRepeat: (round: number, spoiled: readonly BlockRecord[]) => void;
};

/** The clock of a world runs on while the load generator starts: about so long in every pass. */
const driverStartMs = 1_000;

/** The blocks for which a round cannot count. */
function spoiledOf(blocks: readonly BlockRecord[]): BlockRecord[] {
  return blocks.filter((block) => block.status === 'invalid');
}

/** Whether the service failed: more rounds would not mend it. What a busy machine spoils may be better in the next round. */
function isServiceAtFault(spoiled: readonly BlockRecord[]): boolean {
  return spoiled.some(({ findings }) =>
    findings.some(({ kind, fault }) => kind === 'hard' && fault === 'service'),
  );
}

/**
 * Warms every world up, shakes the whole thing down once, then runs the rounds. A round with an invalid block is run
 * again in every world with fresh requests, so that the states of the worlds stay equal.
 */
export async function runInTurns(settings: TurnsSettings, parts: TurnsParts): Promise<Experiment> {
  const blocks: BlockRecord[] = [];
  const warmUpCurves: WarmUpCurve[] = [];
  const order: string[][] = [];
  const sent: SentPass[] = [];
  const send = (pass: number, seconds: number, isMeasured: boolean): void => {
    const last = sent.at(-1);
    const startMs = driverStartMs + (last === undefined ? 0 : last.startMs + last.seconds * 1000);
    const requests = Math.round(settings.rate * seconds);
    sent.push({ pass, first: 0, requests, startMs, seconds, isMeasured, restartsBefore: false });
  };
  const done = (ended: Experiment['ended']): Experiment => ({
    blocks,
    rounds: [],
    warmUpCurves,
    idleCpu: [],
    order,
    parts: 1,
    sent,
    ended,
    stoppedBecause: ended === 'complete' ? 'rounds' : null,
    driverFailure: null,
  });

  send(warmUpPass, settings.warmUpSeconds, false);
  for (const world of parts.worlds) {
    warmUpCurves.push(await parts.warmUp(world, warmUpPass, settings.warmUpSeconds));
    if (parts.signal.aborted) return done('interrupted');
  }
  const runPass = async (pass: number, round: number, attempt: number): Promise<BlockRecord[]> => {
    send(pass, settings.settleSeconds + settings.measureSeconds, round > 0);
    const ordered = orderOfPass(parts.worlds, pass, parts.random);
    const records: BlockRecord[] = [];
    for (const [index, world] of ordered.entries()) {
      if (parts.signal.aborted) break;
      const record = await parts.runBlock({ world, pass, round, attempt, slot: index + 1 });
      if (parts.signal.aborted) break;
      records.push(record);
      blocks.push(record);
      parts.onBlock(record, blocksLeft(settings, parts, round, index + 1));
    }
    return records;
  };

  await runPass(shakedownPass, 0, 1);
  await recover(settings, parts);
  let pass = firstRoundPass;
  let repeatsInAll = 0;
  let isNoisy = false;
  for (let round = 1; round <= settings.rounds; round += 1) {
    for (let attempt = 1; ; attempt += 1) {
      const records = await runPass(pass, round, attempt);
      pass += 1;
      if (parts.signal.aborted) return done('interrupted');
      const spoiled = spoiledOf(records);
      const isLast = spoiled.length === 0 || decideRepeat(attempt - 1, repeatsInAll) === 'give-up';
      if (isLast && isServiceAtFault(spoiled)) return done('gave-up');
      if (isLast) {
        isNoisy ||= spoiled.length > 0;
        order.push(records.map((record) => record.candidate));
        break;
      }
      await recover(settings, parts);
      repeatsInAll += 1;
      parts.onRepeat(round, spoiled);
    }
  }
  return done(isNoisy ? 'noisy' : 'complete');
}

/** Replaces what died; a world that lost a process warms up again before it may be measured. */
async function recover(settings: TurnsSettings, parts: TurnsParts): Promise<void> {
  for (const world of parts.worlds) {
    if (world.lostProcesses().length === 0 || parts.signal.aborted) continue;
    await world.replaceLostProcesses();
    await parts.warmUp(world, warmUpPass, settings.warmUpSeconds);
  }
}

function blocksLeft(settings: TurnsSettings, parts: TurnsParts, round: number, slot: number): number {
  return (settings.rounds - round) * parts.worlds.length + (parts.worlds.length - slot);
}
