import type { RecordTable } from '../../app/gateway/protocol/record-table.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Which version of each record a read must have, at least. */
export type Floor = ReadonlyMap<string, number>;

/** Knows everything that happened, and which version a read should have seen. */
export type Oracle = {
  committed(key: string, version: number, json: string | null): void;
  /** Somebody was told that this version is stored. */
  acknowledged(key: string, version: number): void;
  /** What the one who begins to read now may rely on: all that was acknowledged, and all that anybody has read. */
  beginRead(): Floor;
  endRead(floor: Floor, records: RecordTable, reader: string): void;
  /** A stale read, with how old it said that it is at most. */
  staleRead(records: RecordTable, stalenessMs: number, reader: string): void;
  refused(reason: string, reader: string): void;
  /** Something goes wrong from now until then, and reads may be refused for as long as it takes to recover. */
  fault(durationMs: number): void;
  violate(what: string): void;
  violations(): readonly string[];
  /** What there is in the end: each key that is not deleted, with its version. */
  truth(): ReadonlyMap<string, number>;
  counts(): OracleCounts;
};

export type OracleCounts = {
  readonly reads: number;
  readonly staleReads: number;
  readonly refusals: number;
  readonly acknowledgedWrites: number;
};

/** Until somebody leads again, its gateways have found it, and a snapshot has arrived. */
const recoveryMs = 280;
const violationsMax = 5;

export function createOracle(time: VirtualTime, keys: readonly string[]): Oracle {
  /** Of each key, what each version was: the text of the record, or null where it was deleted. */
  const history = new Map(keys.map((key) => [key, [null] as (string | null)[]]));
  const acknowledgements: { readonly atMs: number; readonly key: string; readonly version: number }[] = [];
  const floor = new Map(keys.map((key) => [key, 0]));
  const violations: string[] = [];
  const counts = { reads: 0, staleReads: 0, refusals: 0, acknowledgedWrites: 0 };
  let troubledUntilMs = 0;
  const versionsOf = (key: string): (string | null)[] => history.get(key) ?? [];
  const raise = (key: string, version: number): void => {
    floor.set(key, Math.max(floor.get(key) ?? 0, version));
  };
  const violate = (what: string): void => {
    if (violations.length < violationsMax) violations.push(`at ${time.now().toFixed(1)} ms ${what}`);
  };
  /** The earliest version that a reader can have seen, or null where it is none that it may have seen. */
  const seenVersion = (key: string, least: number, records: RecordTable): number | null => {
    const record = records.get(key);
    const versions = versionsOf(key);
    if (record !== undefined)
      return record.version >= least && versions[record.version] === record.json ? record.version : null;
    const deleted = versions.findIndex((json, version) => version >= least && json === null);
    return deleted === -1 ? null : deleted;
  };
  const judge = (
    least: Floor,
    records: RecordTable,
    reader: string,
    seen: (key: string, version: number) => void,
  ) => {
    for (const [key, version] of least) {
      const found = seenVersion(key, version, records);
      if (found === null) violate(`${reader}: ${describe(key, version, records, versionsOf(key))}`);
      else seen(key, found);
    }
  };
  return {
    committed: (key, version, json) => void (versionsOf(key)[version] = json),
    acknowledged(key, version) {
      counts.acknowledgedWrites += 1;
      acknowledgements.push({ atMs: time.now(), key, version });
      raise(key, version);
    },
    beginRead: () => new Map(floor),
    endRead(least, records, reader) {
      counts.reads += 1;
      judge(least, records, reader, raise);
    },
    staleRead(records, stalenessMs, reader) {
      counts.staleReads += 1;
      const least = new Map(keys.map((key) => [key, 0]));
      for (const { atMs, key, version } of acknowledgements)
        if (atMs < time.now() - stalenessMs) least.set(key, Math.max(least.get(key) ?? 0, version));
      judge(least, records, `${reader}, ${stalenessMs.toFixed(1)} ms old at most`, () => {});
    },
    refused(reason, reader) {
      counts.refusals += 1;
      if (time.now() > troubledUntilMs + recoveryMs) violate(`${reader}: refused without a fault: ${reason}`);
    },
    fault(durationMs) {
      troubledUntilMs = Math.max(troubledUntilMs, time.now() + durationMs);
    },
    violate,
    violations: () => violations,
    truth() {
      const latest = keys.map((key) => ({ key, version: versionsOf(key).length - 1 }));
      return new Map(
        latest
          .filter(({ key, version }) => versionsOf(key)[version] !== null)
          .map(({ key, version }) => [key, version]),
      );
    },
    counts: () => counts,
  };
}

function describe(
  key: string,
  least: number,
  records: RecordTable,
  versions: readonly (string | null)[],
): string {
  const record = records.get(key);
  if (record === undefined) return `${key} is missing, and had to be of version ${least} at least`;
  if (record.version >= least)
    return `${key} has a version ${record.version} that was never stored like that`;
  const reappears = versions.slice(record.version, least + 1).includes(null);
  return `${key} is of version ${record.version}, not ${least}${reappears ? ', and had been deleted' : ''}`;
}
