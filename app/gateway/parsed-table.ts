import { createRecordTable } from './protocol/record-table.ts';
import type { KeptRecord, RecordTable } from './protocol/record-table.ts';

/**
 * A table that keeps its records parsed, as a service does that filters or joins them: each answer is serialised anew. The leader and
 * its gateways keep them alike, so that what an answer costs is the same wherever it is given.
 */
export function createParsedTable(): RecordTable {
  const table = createRecordTable();
  return {
    ...table,
    put: (record) => table.put(parse(record)),
    get size() {
      return table.size;
    },
  };
}

function parse({ key, version, json }: KeptRecord): KeptRecord {
  const data: unknown = JSON.parse(json);
  return {
    key,
    version,
    get json() {
      return JSON.stringify(data);
    },
  };
}
