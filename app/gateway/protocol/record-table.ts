/** A record as it is answered, and which state of it that is. */
export type KeptRecord = { readonly key: string; readonly version: number; readonly json: string };

/** All records, in memory, in the order of their keys. */
export type RecordTable = {
  put(record: KeptRecord): void;
  remove(key: string): void;
  get(key: string): KeptRecord | undefined;
  /** The first records whose keys begin with `prefix` and come after `after`. */
  page(prefix: string, after: string, limit: number): KeptRecord[];
  /** Those of this moment: later changes are not in it. */
  all(): readonly KeptRecord[];
  readonly size: number;
};

/**
 * A map beside its sorted keys. A new key is put into its place, which moves the keys behind it: with some ten thousand records that is
 * nothing beside the sending of one. Keys that come in order, as those of a snapshot do, are appended.
 */
export function createRecordTable(): RecordTable {
  const records = new Map<string, KeptRecord>();
  const keys: string[] = [];
  return {
    put(record) {
      if (!records.has(record.key)) insertSorted(keys, record.key);
      records.set(record.key, record);
    },
    remove(key) {
      if (records.delete(key)) keys.splice(placeOf(keys, key), 1);
    },
    get: (key) => records.get(key),
    page(prefix, after, limit) {
      const first = after > prefix ? placeAfter(keys, after) : placeOf(keys, prefix);
      return keys
        .slice(first, first + limit)
        .filter((key) => key.startsWith(prefix))
        .flatMap((key) => records.get(key) ?? []);
    },
    all: () => keys.flatMap((key) => records.get(key) ?? []),
    get size() {
      return records.size;
    },
  };
}

function insertSorted(keys: string[], key: string): void {
  const last = keys.at(-1);
  if (last === undefined || last < key) keys.push(key);
  else keys.splice(placeOf(keys, key), 0, key);
}

function placeAfter(keys: readonly string[], key: string): number {
  const place = placeOf(keys, key);
  return keys[place] === key ? place + 1 : place;
}

/** The place of the first key that is not less than `key`. */
function placeOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
