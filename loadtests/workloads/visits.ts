import { randomAt, streams } from './counter-random.ts';
import { endingSessionOf, ownerOfSession } from './ending-sessions.ts';
import { requestsPerLogOut } from './operation-mix.ts';
import type { MixName } from './operation-mix.ts';
import type { PopulationSize } from './population-size.ts';
import { oncePerStretch } from './stretches.ts';

/**
 * A visit: a person who has logged in reads the feed and logs out. `session` is one of those that end, and
 * `viewerId` its person.
 */
export type Visit = { readonly session: number; readonly viewerId: number };

/**
 * A session reads its feed this many stretches before it ends: that is seconds at any usual rate, so that no
 * read comes too late.
 */
const readAheadStretches = 10;
/** The share of feed reads that belong to a visit. */
const readShare = 0.2;

export type Visits = {
  /** Null: this request logs nobody out, or nobody who could be is left. */
  readonly logOutAt: (pass: number, index: number) => Visit | null;
  /** Null: a feed that is read by this request is not read on a visit. */
  readonly readerAt: (pass: number, index: number) => Visit | null;
};

const none: Visits = { logOutAt: () => null, readerAt: () => null };

export function createVisits(size: PopulationSize & { readonly mix: MixName }): Visits {
  const stretch = requestsPerLogOut(size.mix);
  if (stretch === null) return none;
  const endingAt = oncePerStretch(size.seed, streams.logOuts, stretch);
  const visitOf = (pass: number, ending: number): Visit | null => {
    const session = endingSessionOf(size, pass, ending);
    return session === null ? null : { session, viewerId: ownerOfSession(size, session) };
  };
  return {
    logOutAt(pass, index) {
      const ending = endingAt(pass, index);
      return ending === null ? null : visitOf(pass, ending);
    },
    readerAt(pass, index) {
      if (randomAt(size.seed, pass, streams.visits, index) >= readShare) return null;
      return visitOf(pass, Math.floor(index / stretch) + readAheadStretches);
    },
  };
}
