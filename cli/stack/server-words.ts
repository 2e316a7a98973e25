import { CommandError } from '../errors.ts';

/** The error that began it: of a wrapped one its cause, of several attempts the first. */
function firstCauseOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return firstCauseOf(error.errors[0]);
  const isWrapped = error instanceof Error && error.cause !== undefined;
  return isWrapped ? firstCauseOf(error.cause) : error;
}

/** The stable code of what a server or the system said: a SQLSTATE, the first word of Redis, or such as `ECONNREFUSED`. */
export function codeOf(error: unknown): string | null {
  const cause = firstCauseOf(error);
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return code;
  return /^([A-Z]{3,}) /.exec(String(message))?.[1] ?? null;
}

/** What a server or the system said, in its own words, with its code where they lack it. */
export function wordsOf(error: unknown): string {
  const cause = firstCauseOf(error);
  if (!(cause instanceof Error)) return String(cause);
  const { detail } = cause as { detail?: unknown };
  const code = codeOf(cause);
  const words = cause.message === '' ? (code ?? cause.name) : cause.message;
  const withDetail = typeof detail === 'string' ? `${words} (${detail})` : words;
  return code === null || withDetail.includes(code) ? withDetail : `${withDetail} (${code})`;
}

/** Whether it is an address of such a server that can be read. */
export function isAddress(text: string, protocols: readonly string[]): boolean {
  try {
    const { protocol, username, password, pathname } = new URL(text);
    decodeURIComponent(`${username}${password}${pathname}`);
    return protocols.includes(protocol);
  } catch {
    return false;
  }
}

/** Refuses what is no address of a PostgreSQL. The text is not repeated: it may hold a password. */
export function requirePostgresAddress(text: string): void {
  if (isAddress(text, ['postgres:', 'postgresql:'])) return;
  throw new CommandError(
    'cannotProvision',
    'DATABASE_URL is no address that begins with postgres:// or postgresql://.',
    {
      remedy:
        'Write it as postgres://user:password@host:5432/postgres, with what is special in a password as %-codes; or unset it: then a server is started.',
    },
  );
}
