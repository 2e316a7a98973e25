import type { Clock } from '../clock.ts';
import { DarkroomError } from '../errors.ts';
import { rightsUnknown } from './access-rights.ts';
import type { RightsChanges } from './access-rights.ts';
import { relationsMax } from './rights-memory.ts';
import type { RightsMemory } from './rights-memory.ts';
import type { ChangeStore } from './rights-store.ts';

/**
 * The first pause between two looks at the replicas: those that hear a notification apply the change within
 * milliseconds.
 */
const firstPollMs = 2;
const longestPollMs = 50;
/**
 * For how many lengths of a lease a change waits at most, where a replica renews its lease but does not apply the
 * change.
 */
const waitMaxLeases = 2;

/** How many replicas' silence is remembered. Forgetting it only makes a wait longer. */
const silentMax = 1_000;

type Waiting = { readonly renewals: string; readonly sinceMs: number };

export type RightsChangesParts = {
  readonly memory: Pick<RightsMemory, 'relations'>;
  readonly store: ChangeStore;
  readonly clock: Clock;
  readonly wait: (ms: number) => Promise<void>;
  readonly leaseMs: number;
};

/**
 * Waits for the replicas. No time of a server is asked: whoever waits counts by its own clock how long a replica has not renewed its
 * lease, and forgets it when the lease must have ended. A replica that was forgotten learns that when it next renews, and reads all
 * anew.
 */
export function createRightsChanges({
  memory,
  store,
  clock,
  wait,
  leaseMs,
}: RightsChangesParts): RightsChanges {
  const silent = new Map<string, Waiting>();

  /** How long a replica has not renewed its lease, as far as this process has seen. */
  const silentMs = (id: string, renewals: string, nowMs: number): number => {
    const known = silent.get(id);
    if (known?.renewals === renewals) return nowMs - known.sinceMs;
    if (silent.size >= silentMax) silent.clear();
    silent.set(id, { renewals, sinceMs: nowMs });
    return 0;
  };
  const waitForAll = async (number: number): Promise<void> => {
    const startedAtMs = clock.now();
    for (let pauseMs = firstPollMs; ; pauseMs = Math.min(2 * pauseMs, longestPollMs)) {
      const behind = await store.behind(number);
      if (behind.length === 0) return;
      // Read after the answer, so that no renewal which is in the answer is later than this.
      const nowMs = clock.now();
      if (nowMs - startedAtMs > waitMaxLeases * leaseMs) throw notEverywhere();
      for (const replica of behind) {
        if (silentMs(replica.id, replica.renewals, nowMs) < leaseMs) continue;
        silent.delete(replica.id);
        await store.forget(replica, number);
      }
      await wait(pauseMs);
    }
  };
  return {
    requireRoom(wanted) {
      if (memory.relations() + wanted <= relationsMax) return;
      throw new DarkroomError(
        'RIGHTS_FULL',
        `There is no room for ${wanted} more than ${relationsMax} blocks and private follows.`,
      );
    },
    async everywhere() {
      const number = await store.lastNumber();
      await waitForAll(number);
      await store.deleteApplied(number);
    },
  };
}

const notEverywhere = () =>
  rightsUnknown('It is done, but not every replica has confirmed it yet; ask again to be sure.');
