import { formatCandidate } from '../../app/candidates/format-candidate.ts';
import { listDeadLetters, replayDeadLetters } from '../../app/outbox/dead-letters.ts';
import type { DeadLetter } from '../../app/outbox/dead-letters.ts';
import { outboxTable } from '../../app/outbox/outbox-table.ts';
import type { Queries } from '../../app/storage/statement.ts';
import { CommandError } from '../errors.ts';
import { readCandidate } from '../experiment/named-candidates.ts';
import { alignColumns } from '../report/text-columns.ts';
import { withConnection } from '../stack/admin-query.ts';
import { codeOf, isAddress, requirePostgresAddress } from '../stack/server-words.ts';
import { printable } from '../traces/waterfall.ts';
import { findAddresses } from '../watch/addresses.ts';
import { createStackContext } from '../worlds/workbench.ts';
import type { Terminal } from './terminal.ts';

/** Whose outbox. Neither: that of the `darkroom up` that runs, else that of DATABASE_URL. */
export type WhichOutbox = { readonly database?: string; readonly candidate?: string };

export type OutboxListOptions = WhichOutbox & { readonly limit: number; readonly json?: boolean };
export type OutboxReplayOptions = WhichOutbox & { readonly all?: boolean; readonly json?: boolean };

/** Beyond this PostgreSQL has no ids. */
const idMax = 2n ** 63n - 1n;

/** Prints what waits in an outbox, and the messages that were given up. */
export async function listOutbox(terminal: Terminal, options: OutboxListOptions): Promise<void> {
  const [state, { total, letters }] = await onOutbox(terminal, options, async (queries) => [
    await outboxTable.measure(queries),
    await listDeadLetters(queries, options.limit),
  ]);
  if (options.json === true) {
    const content = { waiting: state.depth, deadLetters: total, letters };
    terminal.print(`${JSON.stringify(content, null, 2)}\n`);
    return;
  }
  terminal.print(`${state.depth} messages wait, ${total} were given up\n`);
  if (letters.length === 0) return;
  const rows = [
    ['id', 'type', 'author', 'attempts', 'given up', 'consumer', 'reason'],
    ...letters.map(toRow),
  ];
  terminal.print(`${alignColumns(rows, (column) => ![0, 2, 3].includes(column)).join('\n')}\n`);
  if (letters.length < total) terminal.report(`These are the oldest ${letters.length}; --limit shows more.`);
}

function toRow({ id, type, authorId, attempts, diedAt, consumer, reason }: DeadLetter): string[] {
  return [id, type, String(authorId), String(attempts), diedAt, consumer || '(nobody)', reason].map(
    printable,
  );
}

/** Gives messages that were given up to their consumers once more. */
export async function replayOutbox(
  terminal: Terminal,
  texts: readonly string[],
  options: OutboxReplayOptions,
): Promise<void> {
  const ids = readIds(texts, options.all === true);
  const { replayed, left } = await onOutbox(terminal, options, async (queries) => {
    const done = await replayDeadLetters(queries, ids);
    return { replayed: done, left: (await listDeadLetters(queries, 1)).total };
  });
  const missing = (ids ?? []).filter((id) => !replayed.includes(id));
  if (options.json === true) terminal.print(`${JSON.stringify({ replayed, missing, left }, null, 2)}\n`);
  else terminal.print(`${replayed.length} messages are in the outbox again, ${left} are left\n`);
  if (missing.length === 0) return;
  throw new CommandError('usage', `There is no dead letter ${missing.join(', ')}, or not any more.`, {
    remedy: 'See which there are: darkroom outbox list',
  });
}

/** Null: all. */
function readIds(texts: readonly string[], isAll: boolean): readonly string[] | null {
  if (isAll && texts.length === 0) return null;
  if (isAll || texts.length === 0)
    throw new CommandError('usage', 'It takes the ids of dead letters, or --all.', {
      remedy: 'See which there are: darkroom outbox list',
    });
  const wrong = texts.find((text) => !/^\d{1,19}$/.test(text) || BigInt(text) > idMax);
  if (wrong !== undefined)
    throw new CommandError('usage', `"${printable(wrong)}" is no id of a message: these are whole numbers.`, {
      remedy: 'See which there are: darkroom outbox list',
    });
  return [...new Set(texts.map((text) => String(BigInt(text))))];
}

/** Does this with an outbox; throws a usage error where there is none. */
async function onOutbox<T>(
  terminal: Terminal,
  which: WhichOutbox,
  work: (queries: Queries) => Promise<T>,
): Promise<T> {
  const url = addressOf(terminal, which);
  try {
    return await withConnection(url, (query) => work({ query: ({ text }, values) => query(text, values) }));
  } catch (error) {
    if (codeOf(error) !== undefinedTable) throw error;
    throw new CommandError(
      'usage',
      'This database has no outbox: it is not one of Darkroom, or of an earlier version.',
      {
        remedy: 'Name another one by --database, or bring it to this version: DATABASE_URL=... darkroom seed',
        cause: error,
      },
    );
  }
}

/** PostgreSQL's code. */
const undefinedTable = '42P01';

function addressOf(terminal: Terminal, { database, candidate }: WhichOutbox): string {
  if (database !== undefined) {
    if (candidate !== undefined)
      throw new CommandError(
        'usage',
        '--candidate is of the "darkroom up" that runs; --database names another one.',
      );
    if (isAddress(database, ['postgres:', 'postgresql:'])) return database;
    // It is not repeated: it may hold a password.
    throw new CommandError(
      'usage',
      '--database takes an address that begins with postgres:// or postgresql://.',
      {
        remedy: 'Write it as postgres://user@host:5432/database; a password is better kept in DATABASE_URL.',
      },
    );
  }
  const { paths, environment } = createStackContext(terminal);
  const running = databasesOfUp(paths, environment.databaseUrl);
  if (running.length > 0) return chooseDatabase(running, candidate);
  if (candidate === undefined && environment.databaseUrl !== null) {
    requirePostgresAddress(environment.databaseUrl);
    return environment.databaseUrl;
  }
  throw new CommandError('usage', 'No "darkroom up" runs here, and no database is named.', {
    remedy: 'Name one by --database or in DATABASE_URL, or run: darkroom up feed=push',
  });
}

type Running = { readonly candidate: string; readonly database: string };

/** The databases of the command that runs, if one does. On a server that was given, the password is in DATABASE_URL only. */
function databasesOfUp(
  paths: Parameters<typeof findAddresses>[0],
  givenUrl: string | null,
): readonly Running[] {
  const found = findAddresses(paths)?.candidates ?? [];
  return found.flatMap(({ candidate, database }) =>
    database === undefined ? [] : [{ candidate, database: withPasswordOf(database, givenUrl) }],
  );
}

function withPasswordOf(address: string, givenUrl: string | null): string {
  const url = new URL(address);
  if (url.password !== '' || givenUrl === null || !URL.canParse(givenUrl)) return address;
  url.password = new URL(givenUrl).password;
  return url.href;
}

function chooseDatabase(running: readonly Running[], text: string | undefined): string {
  const wanted = text === undefined ? null : formatCandidate(readCandidate(text));
  const fitting = running.filter(
    ({ candidate }) => wanted === null || formatCandidate(readCandidate(candidate)) === wanted,
  );
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only.database;
  const names = running.map(({ candidate }) => candidate).join(', ');
  throw new CommandError(
    'usage',
    only === undefined
      ? `No candidate ${wanted} runs; there are: ${names}.`
      : `Several candidates run: ${names}.`,
    { remedy: 'Say which one: --candidate' },
  );
}
