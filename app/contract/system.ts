import type { Axes, ValuesOf } from './axis.ts';
import type { CandidateValues, Figure } from './figure.ts';
import type { ProcessKind } from './process-kind.ts';

/** What a system does with a Redis: it keeps entries there, tells replicas of writes, lets writes wait, or is told what changes. */
export const redisUses = ['entries', 'messages', 'queue', 'tracking'] as const;
export type RedisUse = (typeof redisUses)[number];

/**
 * A part of the service that can be compared on its own, as data: what a candidate may choose of it, and what it takes.
 * `app/systems.ts` lists them. Functions are methods, so that the definition of one system is one of any.
 */
export type SystemDefinition<A extends Axes = Axes> = {
  /** Its key in the list, and the name of its folder. */
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  readonly axes: A;
  /** Results tell its figures and values whatever candidates ask for. Absent: only where one of them asks something of it. */
  readonly isAlwaysTold?: true;
  /** Whether a candidate uses it, by its record in a result. Absent: it does where that record has values of it. */
  isUsed?(values: CandidateValues): boolean;
  /** All values, from those that a text gives. Absent: the fallbacks of the axes stand for the others. */
  complete?(given: Partial<ValuesOf<A>>): ValuesOf<A>;
  /** Why a combination makes no sense, in words, or null. `given`: names of its axes that the text gives. */
  refuses(values: ValuesOf<A>, given: ReadonlySet<string>): string | null;
  /** The same beside what other systems are; `others`: the values of all axes of the candidate. Absent: it goes with anything. */
  refusesBeside?(values: ValuesOf<A>, others: CandidateValues): string | null;
  /** Where one would look for an axis of this name and there is none, what to take instead, in words; or null. Absent: nothing to say. */
  explains?(name: string): string | null;
  /** What it does with the Redis of its world; nothing: it needs none. */
  redisUses(values: ValuesOf<A>): readonly RedisUse[];
  /** The kinds of process that a world runs for it beside the replicas. Absent: none. */
  processes?(values: ValuesOf<A>): readonly ProcessKind[];
  /**
   * The kinds of process that look at it from outside. Every world of an experiment runs them as soon as one of its candidates asks
   * for the system: the others are what it is held against. They serve nobody, and what they use is no cost of a candidate.
   */
  readonly witnesses?: readonly ProcessKind[];
  /** What is measured of it. */
  readonly figures: readonly Figure[];
  /** Over the table of how well it does what it is for. Absent: its name. */
  readonly qualityHeading?: string;
  /** Over the table of what it did beside answering. Absent: its name. */
  readonly workHeading?: string;
};

/** Systems by their names. */
export type Systems = Readonly<Record<string, SystemDefinition>>;
