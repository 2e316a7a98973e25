/** The columns of a recording, in their order, and what Parquet calls their types. */
export const parquetColumns = [
  { name: 'time_us', type: 'INT64' },
  { name: 'event', type: 'BYTE_ARRAY' },
  { name: 'request', type: 'INT64' },
  { name: 'class', type: 'BYTE_ARRAY' },
  { name: 'key', type: 'INT64' },
  { name: 'bytes', type: 'INT32' },
  { name: 'lifetime_ms', type: 'INT32' },
  { name: 'viewer', type: 'INT64' },
  { name: 'replica', type: 'INT32' },
  { name: 'outcome', type: 'BYTE_ARRAY' },
] as const;

export type ParquetColumnName = (typeof parquetColumns)[number]['name'];

/** Where the file says what it is a recording of. */
export const metaKey = 'darkroom';

/** The largest that an int32 column takes. */
export const int32Max = 0x7fff_ffff;
