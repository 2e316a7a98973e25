import type { LeaseRow } from '../../app/gateway/protocol/lease.ts';
import type { Oracle } from './oracle.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A row of storage. A row that was deleted stays, with its version. */
export type StoredRow = { readonly version: number; readonly json: string | null };

/** What became of a write: the version that it made, or that its epoch is over. */
export type WriteOutcome = { readonly version: number } | 'fenced';

/** PostgreSQL, as far as leaders use it: statements that happen one after the other, each at one moment. */
export type SimulatedStore = {
  /** Sends a statement. The answer may not come: null then, and nobody knows whether it was done, or will be. */
  ask<Answer>(asker: SimulatedProcess, statement: () => Answer, done: (answer: Answer | null) => void): void;
  readLease(): LeaseRow;
  renew(epoch: number, holder: string): boolean;
  /** The new epoch, or null where the row is not as it was seen. */
  takeOver(seen: LeaseRow, holder: string): number | null;
  load(): ReadonlyMap<string, StoredRow>;
  /** Fenced at the moment at which it is done. Null, as no leader should say it: whoever writes is believed. */
  write(epoch: number | null, key: string, json: string | null): WriteOutcome;
  /** For a while this share of the statements is done late, and some of their answers are lost. */
  troubleFor(durationMs: number, share: number): void;
};

export type StoreParts = {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly oracle: Oracle;
};

/** Whoever asks waits for so long. In trouble a statement may take longer, and be done after that. */
const answerLimitMs = 60;
const troubledDelayMaxMs = 90;
const lostShare = 0.2;

export function createSimulatedStore({ time, random, oracle }: StoreParts): SimulatedStore {
  const rows = new Map<string, StoredRow>();
  let lease: LeaseRow = { epoch: 0, renewals: 0, holder: null };
  let troubledUntilMs = 0;
  let troubledShare = 0;
  const delayMs = (isTroubled: boolean): number => random.between(0.1, isTroubled ? troubledDelayMaxMs : 1);
  return {
    ask<Answer>(asker: SimulatedProcess, statement: () => Answer, done: (answer: Answer | null) => void) {
      let answer: Answer | null = null;
      let isDone = false;
      const isTroubled = time.now() < troubledUntilMs && random.chance(troubledShare);
      const settle = asker.bind(() => {
        if (isDone) return;
        isDone = true;
        done(answer);
      });
      time.after(delayMs(isTroubled), () => {
        const made = statement();
        if (isTroubled && random.chance(lostShare)) return;
        time.after(delayMs(isTroubled), () => {
          answer = made;
          settle();
        });
      });
      time.after(answerLimitMs, settle);
    },
    readLease: () => lease,
    renew(epoch, holder) {
      if (lease.epoch !== epoch || lease.holder !== holder) return false;
      lease = { ...lease, renewals: lease.renewals + 1 };
      return true;
    },
    takeOver(seen, holder) {
      if (lease.epoch !== seen.epoch || lease.renewals !== seen.renewals || lease.holder !== seen.holder)
        return null;
      lease = { epoch: lease.epoch + 1, renewals: 0, holder };
      return lease.epoch;
    },
    load: () => new Map(rows),
    write(epoch, key, json) {
      if (epoch !== null && lease.epoch !== epoch) return 'fenced';
      const version = (rows.get(key)?.version ?? 0) + 1;
      rows.set(key, { version, json });
      oracle.committed(key, version, json);
      return { version };
    },
    troubleFor(durationMs, share) {
      troubledShare = share;
      troubledUntilMs = Math.max(troubledUntilMs, time.now() + durationMs);
    },
  };
}
