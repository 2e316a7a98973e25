import { CommandError } from '../errors.ts';
import type { Query } from './admin-query.ts';
import { codeOf, wordsOf } from './server-words.ts';

const objectInUse = '55006';
/** Named in a message. */
const usersMax = 5;
const users = `
  SELECT pid, usename AS role, coalesce(nullif(application_name, ''), backend_type) AS program
  FROM pg_stat_activity WHERE datname = $1 ORDER BY backend_start LIMIT ${usersMax}`;

/** A refusal because a database is in use, with who uses it and how to end that; any other error as it is. */
export async function explainUse(error: unknown, database: string, query: Query): Promise<unknown> {
  if (codeOf(error) !== objectInUse) return error;
  const found = await query<{ pid: number; role: string | null; program: string | null }>(users, [
    database,
  ]).catch(() => []);
  const named = found.map(
    ({ pid, role, program }) => `${program ?? 'a program'} of ${role ?? 'somebody'} (process ${pid})`,
  );
  const ends = found.map(({ pid }) => `SELECT pg_terminate_backend(${pid});`).join(' ');
  const by = named.length === 0 ? '' : `; it is used by ${named.join(', ')}`;
  return new CommandError('cannotProvision', `PostgreSQL refused: ${wordsOf(error)}${by}.`, {
    remedy: `End ${named.length > 1 ? 'these sessions' : 'this session'}, or run: ${ends || `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}';`}`,
    cause: error,
  });
}
