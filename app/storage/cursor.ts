import { DarkroomError } from '../errors.ts';

/** A place in a list that is ordered by time and id, newest first. */
export type Position = { readonly createdAtUs: string; readonly id: number };

/** Before the first row: later than any. */
export const listStart: Position = { createdAtUs: '9000000000000000', id: 2_147_483_647 };

function encodeCursor({ createdAtUs, id }: Position): string {
  return Buffer.from(`${createdAtUs}.${id}`).toString('base64url');
}

/** Throws INVALID_CURSOR for anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): Position {
  const match = /^(\d{1,16})\.(\d{1,10})$/.exec(Buffer.from(cursor, 'base64url').toString());
  const position: Position = { createdAtUs: match?.[1] ?? '', id: Number(match?.[2]) };
  // Decoding skips what is no base64: only what encodes to the same text was given out.
  if (match === null || position.id > listStart.id || encodeCursor(position) !== cursor)
    throw new DarkroomError('INVALID_CURSOR', 'Use the nextCursor of an earlier page as it is.');
  return position;
}

/** SQL: a time in microseconds, as a position has it. */
export function microsecondsOf(column: string): string {
  return `(extract(epoch FROM ${column}) * 1000000)::bigint::text`;
}

/** SQL: whether the time and the id of a row come after the position that is given as $2 and $3, newest first. */
export function comesAfterPosition(columns: string): string {
  return `(${columns}) < ('epoch'::timestamptz + $2::bigint * interval '1 microsecond', $3::integer)`;
}

/** The rows of one page, and the cursor of the next one. The query asks for one row more than a page has. */
export function toPage<Row extends { readonly id: number; readonly created_at_us: string }>(
  rows: readonly Row[],
  size: number,
) {
  const page = rows.slice(0, size);
  const last = rows.length > size ? page.at(-1) : undefined;
  return {
    page,
    nextCursor: last === undefined ? null : encodeCursor({ createdAtUs: last.created_at_us, id: last.id }),
  };
}
