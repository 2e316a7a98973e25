import { noSlot } from '../../app/cache/bounded-store/slot-lists.ts';
import { evictionPolicies } from '../../app/cache/eviction/index.ts';
import type { CacheSettings } from '../../app/cache/settings/cache-axes.ts';
import { noPolicies } from '../../app/cache/settings/class-policies.ts';
import type { ClassPolicies } from '../../app/cache/settings/class-policies.ts';
import { randomAt } from '../../loadtests/workloads/counter-random.ts';
import type { Reads } from '../recordings/recording.ts';
import { rulesOf } from './candidate-rules.ts';
import type { CandidateRules } from './candidate-rules.ts';
import { createClassRules } from './class-rules.ts';
import { createKnownSizes } from './known-sizes.ts';
import { createSimulatedReads } from './simulated-reads.ts';
import type { Answer, Moment } from './simulated-reads.ts';
import { createSimulatedTier } from './simulated-tier.ts';
import type { SimulatedTier } from './simulated-tier.ts';
import { entryWeights } from './simulation-conditions.ts';
import type { EntryWeights, SimulationSettings } from './simulation-conditions.ts';

/** What a simulation has counted. */
export type SimulatedCounts = {
  readonly reads: number;
  readonly readBytes: number;
  readonly memoryHits: number;
  readonly memoryHitBytes: number;
  readonly redisHits: number;
  readonly redisHitBytes: number;
  /** Of storage, for reads and for refreshes; those before counting began, too. */
  readonly loads: number;
  /** Entries that had to go from memory for room, since the beginning. */
  readonly evictions: number;
  /** The most that the memory of one replica held. */
  readonly memoryBytesMax: number;
  readonly redisBytesMax: number;
};

/** One candidate in virtual time: what its tiers would have answered. */
export type Simulation = {
  /** Batches come in the order of their times. `classes` are the names of the classes that are known by now. */
  run(reads: Reads, classes: readonly string[]): void;
  counts(): SimulatedCounts;
};

/** As `eventNames` of recordings has them. */
const readEvent = 0;
const writeEvent = 1;

type Tiers = { readonly memories: readonly SimulatedTier[]; readonly redis: SimulatedTier | null };

function createTiers(candidate: CacheSettings, rules: CandidateRules, settings: SimulationSettings): Tiers {
  const { staleMs } = rules.decisions;
  const scaled = (bytes: number): number => Math.max(1, Math.round(bytes * settings.memoryScale));
  const memory = (): SimulatedTier =>
    createSimulatedTier({
      policy: evictionPolicies[candidate.eviction],
      bytesMax: scaled(candidate.memoryBytes),
      staleMs,
      promotion: candidate.promotion,
      expiry: 'when-met',
      whenFull: 'evict',
    });
  const memories = rules.hasMemory ? Array.from({ length: settings.replicas }, memory) : [];
  const tellReplicas = (object: number): void => {
    for (const one of memories) one.remove(object);
  };
  const redis = (): SimulatedTier =>
    createSimulatedTier({
      policy: rules.redisPolicy,
      bytesMax: scaled(rules.redisEntriesBytes),
      staleMs,
      promotion: 'always',
      expiry: 'by-itself',
      whenFull: rules.whenRedisIsFull,
      ...(rules.redisTellsReplicas && { onChange: tellReplicas }),
    });
  return {
    memories,
    redis: rules.hasRedis ? redis() : null,
  };
}

/** What a write or a removal does to the tiers. What is removed must not be kept, whatever strategy and class make of writes. */
function createChanges(
  { memories, redis }: Tiers,
  rules: CandidateRules,
  load: (moment: Moment, memory: SimulatedTier | null) => void,
) {
  return (isWrite: boolean, moment: Moment, memory: SimulatedTier | null): void => {
    if (isWrite && (rules.write === 'leave' || moment.rule.outlivesWrites)) return;
    redis?.remove(moment.object);
    memory?.remove(moment.object);
    if (rules.tellsReplicas) for (const one of memories) one.remove(moment.object);
    if (isWrite && rules.write === 'refill') load(moment, memory);
  };
}

/** The read or the write that is going on, as the recording has it. */
function createMoment(candidate: CacheSettings, policies: ClassPolicies, settings: SimulationSettings) {
  const classRules = createClassRules(candidate, policies, settings.lifetimes);
  const sizes = createKnownSizes(settings);
  const moment: Moment = {
    object: 0,
    bytes: 0,
    nowMs: 0,
    lifetimeMs: 0,
    isGone: false,
    rule: classRules.ruleOf(0),
  };
  return {
    learn: classRules.learn,
    readBytes: sizes.readBytes,
    at(batch: Reads, row: number): Moment {
      const classNumber = batch.class[row] as number;
      const bytes = batch.bytes[row] as number;
      moment.object = batch.object[row] as number;
      moment.nowMs = (batch.timeUs[row] as number) / 1_000;
      moment.lifetimeMs = classRules.lifetimeMs(classNumber, batch.lifetimeMs[row] as number);
      moment.rule = classRules.ruleOf(classNumber);
      const isRead = batch.event[row] === readEvent;
      moment.bytes = isRead ? sizes.ofRead(moment.object, bytes) : sizes.ofChange(moment.object, bytes);
      moment.isGone = isRead && sizes.isGone(moment.object, bytes);
      return moment;
    },
  };
}

function createTally({ countFromUs }: SimulationSettings, valueBytes: EntryWeights['value']) {
  const tally = { reads: 0, readBytes: 0, memoryHits: 0, memoryHitBytes: 0, redisHits: 0, redisHitBytes: 0 };
  return {
    tally,
    count(timeUs: number, recordedBytes: number, answer: Answer): void {
      if (timeUs < countFromUs) return;
      const bytes = valueBytes(recordedBytes);
      tally.reads += 1;
      tally.readBytes += bytes;
      if (answer === 'memory') {
        tally.memoryHits += 1;
        tally.memoryHitBytes += bytes;
      } else if (answer === 'redis') {
        tally.redisHits += 1;
        tally.redisHitBytes += bytes;
      }
    },
  };
}

export async function createSimulation(
  candidate: CacheSettings,
  settings: SimulationSettings,
  policies: ClassPolicies = noPolicies,
): Promise<Simulation> {
  let draws = 0;
  const random = (): number => randomAt(settings.seed, 0, 0, (draws += 1));
  const rules = await rulesOf(candidate, settings.replicas, random);
  const tiers = createTiers(candidate, rules, settings);
  const { memories, redis } = tiers;
  const weights = entryWeights(settings);
  const moments = createMoment(candidate, policies, settings);
  const reads = createSimulatedReads({ candidate, rules, redis, weights, random });
  const changes = createChanges(tiers, rules, reads.load);
  const { tally, count } = createTally(settings, weights.value);
  const [onlyMemory = null, ...otherMemories] = memories;
  const isAlone = otherMemories.length === 0;
  let turn = 0;

  /** Where no replica is recorded, they take turns. */
  const memoryFor = (replica: number): SimulatedTier | null => {
    if (isAlone) return onlyMemory;
    if (replica < 0) turn += 1;
    return memories[(replica < 0 ? turn : replica) % memories.length] as SimulatedTier;
  };
  const { isPlain } = rules;
  const readRow = (batch: Reads, row: number, memory: SimulatedTier | null): void => {
    const timeUs = batch.timeUs[row] as number;
    const place = memory === null ? noSlot : memory.find(batch.object[row] as number, timeUs / 1_000);
    // A fresh entry of memory answers, as it mostly does: nothing else needs to be known of the read then.
    const answer =
      isPlain && place !== noSlot ? 'memory' : reads.answer(moments.at(batch, row), memory, place);
    const bytes = batch.bytes[row] as number;
    count(timeUs, bytes > 0 ? bytes : moments.readBytes(batch.object[row] as number, 0), answer);
  };
  return {
    run(batch, classes) {
      moments.learn(classes);
      for (let row = 0; row < batch.length; row += 1) {
        const memory = memoryFor(batch.replica[row] as number);
        if (batch.event[row] === readEvent) readRow(batch, row, memory);
        else changes(batch.event[row] === writeEvent, moments.at(batch, row), memory);
      }
    },
    counts: () => ({
      ...tally,
      loads: reads.loads(),
      evictions: memories.reduce((sum, memory) => sum + memory.evictions(), 0),
      memoryBytesMax: Math.max(0, ...memories.map((memory) => memory.bytesMax())),
      redisBytesMax: redis?.bytesMax() ?? 0,
    }),
  };
}
