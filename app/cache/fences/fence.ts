import type { Entry, MaybePromise } from '../entry.ts';
import type { Fill, TierStack } from '../tier-stack.ts';

/** How fills are ordered against writes. `startedAtMs` is when the read began that is being filled. */
export interface Fence {
  /**
   * Puts a loaded entry into all tiers. `isOvertaken`: since its load began, an invalidation has taken its flight out.
   */
  fill(key: string, entry: Entry, startedAtMs: number, isOvertaken: boolean): MaybePromise<Fill>;
  /** Puts an entry into the memory tier alone: one that redis had, or has just accepted. Whether memory has it then. */
  fillLocal(key: string, entry: Entry, startedAtMs: number, isOvertaken: boolean): boolean;
  /** After a write: takes the key out of all tiers. Resolves to false when a tier could not be told. */
  remove(key: string, version: number): MaybePromise<boolean>;
  /** Somebody else has written. Null: that version is not known. */
  removeLocal(key: string, version: number | null): void;
}

/** A kind of fence as the list knows it. */
export type FenceDefinition = {
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  /** Whether fills are ordered by the version of the row, so that nothing late replaces anything newer, wherever it comes from. */
  readonly ordersFills: boolean;
  readonly create: (tiers: TierStack, invalidationsHaveVersions: boolean) => Fence;
};
