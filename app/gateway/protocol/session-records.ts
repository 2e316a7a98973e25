import type { Change } from './messages.ts';
import type { RecordTable } from './record-table.ts';

/**
 * The records of a replica through the phases of a session: none yet, a snapshot that is arriving, and then what it brought, with the
 * changes since. A snapshot is gathered aside. What is visible stays as it is until the end of the snapshot takes its place as a whole,
 * so that what was deleted in between is gone.
 */
export type SessionRecords = {
  /** Null until the first snapshot has ended. */
  visible(): RecordTable | null;
  isComplete(): boolean;
  /** A session begins, or ends: what has arrived of its snapshot is nothing. */
  startOver(): void;
  /** Each says whether it may happen in this phase. */
  beginSnapshot(): boolean;
  change(change: Change): boolean;
  endSnapshot(): boolean;
};

export function createSessionRecords(createTable: () => RecordTable): SessionRecords {
  let visible: RecordTable | null = null;
  let arriving: RecordTable | null = null;
  let isComplete = false;
  return {
    visible: () => visible,
    isComplete: () => isComplete,
    startOver() {
      arriving = null;
      isComplete = false;
    },
    beginSnapshot() {
      if (isComplete || arriving !== null) return false;
      arriving = createTable();
      return true;
    },
    change(change) {
      const records = isComplete ? visible : arriving;
      if (records === null) return false;
      if (change.type === 'removed') records.remove(change.key);
      else records.put({ key: change.key, version: change.version, json: change.json });
      return true;
    },
    endSnapshot() {
      if (arriving === null) return false;
      visible = arriving;
      arriving = null;
      isComplete = true;
      return true;
    },
  };
}
