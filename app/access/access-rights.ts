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
  /** Whether the viewer may see everybody: what is made for them need not be looked through. */
  seesEverybody(viewerId: number | null): boolean;
  isPrivate(personId: number): boolean;
};

/** What a change of rights asks, around its commit. */
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
 * Numbers in the log of changes, for who keeps what nobody in particular has asked for: what was made before the change of that number
 * may show what is hidden since.
 */
export type LastHidings = {
  /** Somebody has become private, or is gone. At first that of the last change of all: what was before is not known by its kind. */
  readonly person: number;
  /** Somebody is gone. 0 until this replica hears of one. */
  readonly account: number;
};

/** The log of changes, as this replica reads it. */
export type RightsLog = {
  /** Throws RIGHTS_UNKNOWN unless this replica has what every change says that was answered. */
  requireKnown(): void;
  listen(listener: RightsListener): void;
};

export const rightsUnknown = (detail: string) => new DarkroomError('RIGHTS_UNKNOWN', detail);
