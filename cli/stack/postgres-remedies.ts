import { systemRemedy } from '../system-remedies.ts';
import { codeOf, wordsOf } from './server-words.ts';

/** What a user does about an answer of PostgreSQL, by the beginning of its code: the longest one that fits counts. */
const remedies: Readonly<Record<string, string>> = {
  '08P01':
    'Name PostgreSQL itself, not a pooler such as PgBouncer before it: the service sets its own time limits, prepares statements and listens, and databases are made and cloned.',
  '28': 'Mend user and password, allow the role to log in, and its address in pg_hba.conf.',
  '3D000':
    'Name a database that exists, such as /postgres: it is only connected to, databases of our own are made beside it.',
  '42501':
    'Give the role what it lacks: ALTER ROLE ... CREATEDB, and GRANT CONNECT on the database that is named.',
  '25006': 'Name a server that takes writes: this one is read-only, or a standby.',
  '53100': 'Free some space on the disk of PostgreSQL.',
  '53300': 'End other sessions, or raise max_connections of PostgreSQL.',
  '55006': 'End the sessions that use the database, then run again.',
  '57P03': 'PostgreSQL is starting or stopping: try again in a moment.',
  ECONNRESET: 'The server ended the connection: mend the port, or its TLS (sslmode=...).',
};

const byText: readonly (readonly [RegExp, string])[] = [
  [/does not support SSL/, 'Leave sslmode out, or turn ssl on in the server.'],
  [
    /certificate/i,
    'Name the authority of its certificate by sslrootcert=..., or do not verify: sslmode=no-verify.',
  ],
  [/password must be a/, 'Put the password into the address.'],
  [/timeout|terminated unexpectedly/i, 'It does not answer in time: mend host and port, or the server.'],
];

/** What to do about an error of PostgreSQL, or of the way to it. */
export function postgresRemedy(error: unknown): string {
  const code = codeOf(error) ?? '';
  const known = Object.keys(remedies)
    .filter((beginning) => code.startsWith(beginning))
    .sort((a, b) => b.length - a.length)[0];
  if (known !== undefined) return remedies[known] as string;
  const system = systemRemedy(code);
  if (system !== undefined) return system;
  const words = wordsOf(error);
  return byText.find(([pattern]) => pattern.test(words))?.[1] ?? 'Mend the server, or its address.';
}
