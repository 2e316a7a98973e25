import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DarkroomError } from '../errors.ts';
import type { EdgeUsage } from './edge-events.ts';
import { logFormat } from './request-log.ts';
import type { EdgeSettings } from './system.ts';
import { createVarnishCli } from './varnish-cli.ts';
import type { VarnishCli } from './varnish-cli.ts';
import { argumentsOf, inPlace } from './varnish-program.ts';
import type { VarnishPlace, VarnishProgram } from './varnish-program.ts';
import { parseStatistics } from './varnish-statistics.ts';

const run = promisify(execFile);

/** A Varnish that runs. */
export type VarnishServer = {
  readonly port: number;
  readonly pid: number;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Lets it ask these. What it keeps stays. */
  useReplicas(addresses: readonly string[]): Promise<void>;
  /** Forgets what it keeps. */
  empty(): Promise<void>;
  /** What it has counted. Throws EDGE_FAILED where it does not say. */
  usage(): Promise<EdgeUsage>;
  /** Sends a request that stands in its log behind all that was answered before. */
  mark(mark: string): Promise<void>;
  stop(): Promise<void>;
};

export type VarnishServerParts = {
  readonly program: VarnishProgram;
  readonly settings: Pick<EdgeSettings, 'edgeMemoryBytes'>;
  readonly place: VarnishPlace;
  /** Whom it asks from its first request on. Absent: nobody yet. */
  readonly replicas?: readonly string[];
  /** Pieces of its log of requests. */
  readonly onLog: (piece: string) => void;
  /** The file that says what it does. Absent: that of the edge. */
  readonly configuration?: string;
};

/** What an edge does. */
export const edgeConfiguration = join(import.meta.dirname, 'edge.vcl');
/**
 * Removes every object that has a status, as every object does. An answer that is on its way at that moment is kept.
 */
const banOfAll = 'ban obj.status != 0';
const statisticsLimitMs = 5_000;
const stopLimitMs = 3_000;

/** Starts a server and the reader of its log. Throws EDGE_FAILED, or what the system says of the port. */
export async function startVarnish(parts: VarnishServerParts): Promise<VarnishServer> {
  const { program, place, replicas = [], configuration = edgeConfiguration } = parts;
  await requireFreePort(place);
  mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  const { command, args } = inPlace(program, program.server, argumentsOf(program, parts.settings, place));
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const words = lastWordsOf(child);
  const ended = endOf(child);
  const cli = createVarnishCli(child.stdin, child.stdout);
  const load = createLoader(cli, place.folder, configuration);
  try {
    await Promise.race([once(child, 'spawn'), ended]);
    await load(replicas);
    await cli.ask('start');
    const port = await portOf(cli);
    const log = readLog(program, place.folder, parts.onLog);
    // The reader is ended with its server: it would find the log of the next server in the same place, and read that
    // as well.
    child.once('close', () => log.stdin.end());
    return {
      port,
      pid: child.pid ?? 0,
      ended,
      useReplicas: load,
      empty: async () => void (await cli.ask(banOfAll)),
      usage: () => readUsage(program, place.folder),
      mark: (mark) => sendMark({ ...place, port }, mark),
      async stop() {
        child.stdin.end();
        const limit = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
        await ended;
        clearTimeout(limit);
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    throw startError(words(), error);
  }
}

function endOf(child: ChildProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('close', () => resolve());
  // It could not be started at all.
  child.once('error', () => resolve());
  return promise;
}

/** The end of what it has said of itself. */
function lastWordsOf(child: ChildProcess): () => string {
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2_000);
  });
  return () => words.trim();
}

function startError(words: string, error: unknown): unknown {
  if (error instanceof DarkroomError && words === '') return error;
  return new DarkroomError('EDGE_FAILED', `Varnish could not be started: ${words || String(error)}`, {
    cause: error,
  });
}

/** Throws what the system says where somebody else listens: Varnish would say it in words. */
async function requireFreePort({ host, port }: VarnishPlace): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  probe.listen(port, host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}

/** Each configuration gets a name of its own; the one before it is given up. */
function createLoader(
  cli: VarnishCli,
  folder: string,
  configuration: string,
): (addresses: readonly string[]) => Promise<void> {
  let number = 0;
  let before: string | null = null;
  return async (addresses) => {
    number += 1;
    const name = `edge${number}`;
    // One file may be read while the next one is written.
    const own = join(folder, name);
    mkdirSync(own, { recursive: true });
    copyFileSync(configuration, join(own, 'edge.vcl'));
    writeFileSync(join(own, 'replicas.vcl'), replicasVcl(addresses));
    await cli.ask(`vcl.load ${name} "${join(own, 'edge.vcl')}"`);
    await cli.ask(`vcl.use ${name}`);
    if (before !== null) await cli.ask(`vcl.discard ${before}`);
    before = name;
  };
}

/** The part of the configuration that says whom the edge asks: the replicas, one after another. Without any, nobody. */
export function replicasVcl(addresses: readonly string[]): string {
  const targets = addresses.map((address) => new URL(address));
  const backends = targets.map(
    ({ hostname, port }, index) =>
      `backend replica${index + 1} { .host = "${hostname.replaceAll(/[[\]]/g, '')}"; .port = "${port || '80'}"; }`,
  );
  return [
    'import directors;',
    ...(backends.length === 0 ? ['backend replica0 none;'] : backends),
    'sub vcl_init {',
    '  new replicas = directors.round_robin();',
    ...targets.map((_, index) => `  replicas.add_backend(replica${index + 1});`),
    '}',
    '',
  ].join('\n');
}

async function portOf(cli: VarnishCli): Promise<number> {
  const addresses = await cli.ask('debug.listen_address');
  const port = Number(addresses.trim().split(/\s+/).at(-1));
  if (Number.isInteger(port) && port > 0) return port;
  throw new DarkroomError('EDGE_FAILED', `Varnish does not say where it listens: ${addresses.trim()}`);
}

/** Runs a program until its standard input ends, as it does with this process, however that ends. */
const untilInputEnds = '"$@" & reader=$!; cat > /dev/null; kill "$reader"';

/** It follows the log in memory for as long as the server lives, through restarts of its inner process too. */
function readLog(program: VarnishProgram, folder: string, onLog: (piece: string) => void) {
  const { command, args } = inPlace(program, program.log, ['-n', folder, '-F', logFormat]);
  const bound = ['-c', untilInputEnds, 'sh', command, ...args];
  const reader = spawn('sh', bound, { stdio: ['pipe', 'pipe', 'ignore'] });
  reader.stdout.setEncoding('utf8').on('data', onLog);
  // Without it nothing is counted, which whoever waits for its lines says.
  reader.on('error', () => {});
  reader.stdin.on('error', () => {});
  return reader;
}

async function readUsage(program: VarnishProgram, folder: string) {
  const wanted = ['MAIN.*', 'SMA.s0.*'].flatMap((name) => ['-f', name]);
  const { command, args } = inPlace(program, program.statistics, ['-1', '-j', '-n', folder, ...wanted]);
  const { stdout } = await run(command, args, { timeout: statisticsLimitMs, maxBuffer: 2 ** 20 });
  return parseStatistics(stdout);
}

async function sendMark({ host, port }: VarnishPlace, mark: string): Promise<void> {
  const name = host.includes(':') ? `[${host}]` : host;
  const response = await fetch(`http://${name}:${port}/health/live`, {
    headers: { 'Edge-Mark': mark },
    signal: AbortSignal.timeout(statisticsLimitMs),
  });
  await response.arrayBuffer();
}
