import { noSlot } from '../../app/cache/bounded-store/slot-lists.ts';
import type { CacheSettings } from '../../app/cache/settings/cache-axes.ts';
import type { ReadDecision } from '../../app/cache/strategy.ts';
import { createAskedEntry } from './candidate-rules.ts';
import type { CandidateRules } from './candidate-rules.ts';
import type { ClassRule } from './class-rules.ts';
import { isAbsentAt } from './simulated-tier.ts';
import type { SimulatedTier } from './simulated-tier.ts';
import type { EntryWeights } from './simulation-conditions.ts';

/** The read, or the write, that is going on. One object for all of them. */
export type Moment = {
  object: number;
  bytes: number;
  nowMs: number;
  /** How long an entry of it is fresh at most. */
  lifetimeMs: number;
  /** Storage has no such thing. */
  isGone: boolean;
  rule: ClassRule;
};

export type Answer = 'memory' | 'redis' | 'storage';

/** What becomes of a read for which a fresh entry in memory is not all there is to say. */
export type SimulatedReads = {
  /** `place` is where memory has an entry, or `noSlot`. */
  answer(moment: Moment, memory: SimulatedTier | null, place: number): Answer;
  /** Asks storage, and fills the tiers. */
  load(moment: Moment, memory: SimulatedTier | null): void;
  loads(): number;
};

export type SimulatedReadParts = {
  readonly candidate: CacheSettings;
  readonly rules: CandidateRules;
  readonly redis: SimulatedTier | null;
  readonly weights: EntryWeights;
  /** From 0 to 1; for the jitter of lifetimes. */
  readonly random: () => number;
};

/**
 * How long loads are taken to last: XFetch begins the earlier the longer a load takes, and here they take no
 * time.
 */
const loadMs = 2;

/** The read path of the service (`app/cache/reads/`) without its waiting: a load is there at once, and nobody joins it. */
export function createSimulatedReads(parts: SimulatedReadParts): SimulatedReads {
  const { candidate, rules, redis, weights, random } = parts;
  const decideOver = createDecision(rules);
  let loads = 0;

  const load = (moment: Moment, memory: SimulatedTier | null): void => {
    const { object, bytes, nowMs, lifetimeMs, isGone, rule } = moment;
    loads += 1;
    const ownMs = isGone ? candidate.negativeTtlMs : lifetimeMs * (1 - rule.ttlJitter * random());
    if (ownMs === 0) return;
    if (rules.fillsMemory && rule.isKeptInMemory)
      memory?.fill(object, weights.inMemory(bytes), isGone, nowMs, nowMs + ownMs);
    if (rule.isKeptInRedis) redis?.fill(object, weights.inRedis(bytes), isGone, nowMs, nowMs + ownMs);
  };
  /**
   * When redis's entry ends, by the clock of the replica that takes it; 0 where redis has none that is newer
   * than the rejected one.
   */
  const freshUntilIn = (tier: SimulatedTier, place: number, moment: Moment, rejectedMs: number): number => {
    const untilMs = place === noSlot ? 0 : tier.freshUntilOf(place);
    if (untilMs <= rejectedMs) return 0;
    const ownMs = isAbsentAt(place) ? candidate.negativeTtlMs : moment.lifetimeMs;
    return Math.min(untilMs, moment.nowMs + ownMs);
  };
  /** Asks what lies behind memory, and fills memory. Whether it was redis that answered. */
  const readBehind = (moment: Moment, memory: SimulatedTier | null, rejectedMs: number): boolean => {
    const place = redis === null ? noSlot : redis.find(moment.object, moment.nowMs);
    const untilMs = redis === null ? 0 : freshUntilIn(redis, place, moment, rejectedMs);
    const isAbsent = isAbsentAt(place);
    const decision = untilMs === 0 ? 'load' : decideOver(moment, untilMs, isAbsent);
    if (decision === 'load') {
      load(moment, memory);
      return false;
    }
    if (moment.rule.isKeptInMemory)
      memory?.fill(moment.object, weights.inMemory(moment.bytes), isAbsent, moment.nowMs, untilMs);
    // The refresh asks for something newer than the entry that was just found.
    if (decision === 'serve-and-refresh') readBehind(moment, memory, untilMs);
    return true;
  };
  return {
    load,
    loads: () => loads,
    answer(moment, memory, place) {
      let rejectedMs = 0;
      if (memory !== null && place !== noSlot) {
        const untilMs = memory.freshUntilOf(place);
        const decision = decideOver(moment, untilMs, isAbsentAt(place));
        if (decision === 'serve-and-refresh') readBehind(moment, memory, untilMs);
        if (decision !== 'load') return 'memory';
        rejectedMs = untilMs;
      }
      return readBehind(moment, memory, rejectedMs) ? 'redis' : 'storage';
    },
  };
}

/** Asks the strategy. */
function createDecision({ decisions: { decide, staleMs } }: CandidateRules) {
  const asked = createAskedEntry();
  return (moment: Moment, freshUntilMs: number, isAbsent: boolean): ReadDecision => {
    asked.freshUntil = freshUntilMs;
    asked.staleUntil = freshUntilMs + (isAbsent ? 0 : staleMs);
    asked.loadMs = loadMs;
    asked.isAbsent = isAbsent;
    return decide(asked, moment.nowMs, moment.rule.lookup);
  };
}
