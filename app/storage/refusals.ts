import pg from 'pg';
import { DarkroomError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/**
 * What an error of PostgreSQL is about. `server`: the server or the connection, so that other statements fail alike.
 * `writes`: the server answers reads, and takes no writes. `moment`: this statement at this moment; the same may
 * succeed later. `row`: what was to be stored, which will never succeed.
 */
export type Concern = 'server' | 'writes' | 'moment' | 'row';

/**
 * SQLSTATEs by class (two characters) or code (five), the longest that fits; each with its reason. Only a `row` is a
 * reason to give a write up: a code that is also used for something else is none.
 */
const concerns: Readonly<Record<string, readonly [concern: Concern, reason: string]>> = {
  '08': ['server', 'the connection is lost, or what is at its other end speaks another protocol'],
  '22': ['row', 'a value does not fit its type: too long, out of range, not in its form'],
  '22023': ['moment', 'also of an option that a connection asks for'],
  '2200H': ['moment', 'a sequence has come to its end, which somebody can move'],
  '23': ['row', 'a constraint does not allow it: check, unique, not null, foreign key'],
  '25006': ['writes', 'a standby, a primary after a fail-over, or one set to read only'],
  '25P03': ['moment', 'its transaction stood still for too long, and the connection was cut'],
  '25P04': ['moment', 'its transaction took too long, and the connection was cut'],
  '26': ['server', 'a prepared statement is gone: somebody stands between and changes servers'],
  '28': ['server', 'the role, its password or the rules of access have changed'],
  '3D': ['server', 'the database is not there: renamed, or not restored yet'],
  '40': ['moment', 'a race with another transaction was lost, or a deadlock cut'],
  '42501': ['moment', 'the role may not do this: a grant is missing, which somebody can give'],
  '44': ['row', 'the view that it goes through does not show such rows'],
  '53': ['server', 'it has no memory, connection or other resource left'],
  '53100': ['writes', 'its disk is full'],
  '54': ['moment', 'too large for a page; but also: no transaction ids are left'],
  '55': ['moment', 'something that it needs is in use'],
  '55000': ['server', 'the database takes no connections'],
  '57014': ['moment', 'it took too long, or somebody cancelled it'],
  '57P': ['server', 'it is starting, stopping or recovering, or ends connections'],
  '58': ['server', 'its files or its system fail'],
};

/** Undefined: a code that nobody has thought about, which gives nothing up. */
export function concernOf(sqlState: string): Concern | undefined {
  for (let length = sqlState.length; length >= 2; length -= 1) {
    const known = concerns[sqlState.slice(0, length)];
    if (known !== undefined) return known[0];
  }
  return undefined;
}

/** What a refusal becomes. */
const answers: Readonly<Record<Concern, readonly [code: ErrorCode, message: string]>> = {
  server: ['STORAGE_UNAVAILABLE', 'Storage does not answer; try again in a moment.'],
  writes: ['STORAGE_REFUSES_WRITES', 'Storage takes no writes; try again in a moment.'],
  moment: ['STORAGE_BUSY', 'Storage cannot do this now; try again in a moment.'],
  row: ['ROW_REFUSED', 'Storage does not allow what was to be stored.'],
};
/** Text with a character that PostgreSQL does not have: U+0000. */
const unstorableText = '22021';

/** PostgreSQL’s code, or the client’s. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'timeout';
}

function concernOfError(error: unknown): Concern | undefined {
  if (error instanceof pg.DatabaseError) return concernOf(error.code ?? '');
  // A mistake in a call. All else that the driver throws is of the connection: its time-outs and handshakes have no code.
  return error instanceof TypeError || error instanceof RangeError ? undefined : 'server';
}

/**
 * The error of the driver as one of the service's own, as far as it is known of what it speaks. `isUnsent`: the statement had no
 * connection yet.
 */
export function toRefusal(error: unknown, isUnsent = false): unknown {
  if (codeOf(error) === unstorableText)
    return new DarkroomError('INVALID_REQUEST', 'The text has the character U+0000.', { cause: error });
  const concern = concernOfError(error);
  if (concern === undefined) return error;
  const [code, message] = answers[concern];
  return new DarkroomError(code, message, { cause: error, isUnsent });
}

/** Whether a query failed because it names a row that does not exist. */
export function isMissingReference(error: unknown): boolean {
  return error instanceof DarkroomError && codeOf(error.cause) === '23503';
}
