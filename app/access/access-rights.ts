import { DarkroomError } from '../errors.ts';

/**
 * What every feature asks before it shows something to somebody: after its look-up in the cache, so that no value in a cache depends
 * on who reads it. All of it is answered from memory, and throws RIGHTS_UNKNOWN where this replica cannot know.
 */
export type AccessRights = {
  /** Whether this viewer (null: logged out) may see what this person has posted. */
  maySee(viewerId: number | null, ownerId: number): boolean;
  /** Whether this person is there at all for the viewer: neither has blocked the other, and the account is not deleted. */
  mayMeet(viewerId: number | null, personId: number): boolean;
  /** Whether the viewer may see everybody, so that what is shown to them need not be filtered. */
  seesEverybody(viewerId: number | null): boolean;
  isPrivate(personId: number): boolean;
};

/** What a change of rights calls before and after its commit. */
export type RightsChanges = {
  /**
   * How many relations may still be added before memory is full. Throws RIGHTS_FULL when it is less than `wanted`, so that a change
   * which no replica could keep is not made.
   */
  requireRoom(wanted: number): void;
  /**
   * Resolves when every living replica has applied what was committed before this call, or is known to refuse. Throws RIGHTS_UNKNOWN
   * when one can do neither in time; the change is made all the same.
   */
  everywhere(): Promise<void>;
};

/** Notices what has changed, beside the memory of rights. */
export type RightsListener = {
  readonly changed: (change: { readonly kind: string; readonly tokenHash: string }) => void;
  /** All was read anew, since changes may have been missed. */
  readonly replaced: () => void;
};

/**
 * The last changes that hid somebody, by their numbers in the log of changes. A cache of answers that are the
 * same for everybody needs them: an answer from before such a change may show what is hidden since.
 */
export type LastHidings = {
  /**
   * The last change by which somebody became private or was deleted. Where all rights were read anew, it is the last
   * change of any kind that is in them, since the kinds of earlier changes are not known.
   */
  readonly person: number;
  /** The last change by which an account was deleted; 0 until this replica hears of one. */
  readonly account: number;
};

/** The log of changes, as this replica reads it. */
export type RightsLog = {
  /**
   * Throws RIGHTS_UNKNOWN unless this replica has applied every change of rights that was confirmed to whoever made
   * it.
   */
  requireKnown(): void;
  listen(listener: RightsListener): void;
};

export const rightsUnknown = (detail: string) => new DarkroomError('RIGHTS_UNKNOWN', detail);
