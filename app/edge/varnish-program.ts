import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { headersFolder } from '../contract/varnish-headers.ts';
import type { EdgeSettings } from './system.ts';

/** The programs of a Varnish, and what they need to find each other. */
export type VarnishProgram = {
  readonly server: string;
  readonly statistics: string;
  readonly log: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Parameters of the server. */
  readonly parameters: Readonly<Record<string, string>>;
};

/** As it is installed. */
const installed: VarnishProgram = {
  server: 'varnishd',
  statistics: 'varnishstat',
  log: 'varnishncsa',
  environment: {},
  parameters: {},
};

/** What was unpacked into a folder; an empty name: what is installed. */
export function varnishIn(folder: string): VarnishProgram {
  if (folder === '') return installed;
  const libraries = librariesIn(join(folder, 'usr', 'lib'));
  const modules = libraries.map((path) => join(path, 'varnish', 'vmods')).find((path) => existsSync(path));
  return {
    server: join(folder, 'usr', 'sbin', 'varnishd'),
    statistics: join(folder, 'usr', 'bin', 'varnishstat'),
    log: join(folder, 'usr', 'bin', 'varnishncsa'),
    environment: {
      LD_LIBRARY_PATH: libraries.flatMap((path) => [path, join(path, 'varnish')]).join(':'),
    },
    parameters: {
      ...(modules !== undefined && { vmod_path: modules }),
      cc_command: compilerIn(folder, libraries),
    },
  };
}

/**
 * A configuration is compiled, which takes a compiler of 300 kB some hundredths of a second. It needs no headers of the system: those that
 * the generated text asks for are its own, and those of the contract.
 */
function compilerIn(folder: string, libraries: readonly string[]): string {
  const own = libraries.map((path) => join(path, 'tcc', 'include')).filter((path) => existsSync(path));
  const headers = [...own, join(folder, headersFolder)].map((path) => `-I"${path}"`).join(' ');
  return `exec "${join(folder, 'usr', 'bin', 'tcc')}" -nostdinc -nostdlib ${headers} -shared -o %o %s`;
}

function librariesIn(base: string): string[] {
  const inner = existsSync(base) ? readdirSync(base) : [];
  return [base, ...inner.map((name) => join(base, name))];
}

/** A program with the variables by which it finds its libraries, beside those of this process. */
export function inPlace(
  { environment }: VarnishProgram,
  program: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return variables.length === 0
    ? { command: program, args }
    : { command: 'env', args: [...variables, program, ...args] };
}

/** Threads are made at the start and stay: the CPU of one that ends is counted nowhere. */
const threads = 200;
/** Requests that wait for one of them. */
const waitingMax = 1_000;
/** The log in memory, which is read at once. */
const logBytes = 8 * 2 ** 20;
/** What the log holds by itself, and nobody reads: the most of it. */
const unread = [
  ...['Req', 'Resp', 'Bereq', 'Beresp', 'Obj'].flatMap((part) => [`${part}Header`, `${part}Unset`]),
  ...['VCL_call', 'VCL_return', 'BackendOpen', 'BackendClose', 'TTL', 'Storage', 'Fetch_Body', 'Filters'],
];
/** What is passed through on its way, beside what is kept. */
const passingBytes = 32 * 2 ** 20;

export type VarnishPlace = {
  readonly folder: string;
  readonly host: string;
  /** 0: any. */
  readonly port: number;
};

/** The arguments of a server. Its command line is its standard input: it ends when that does. */
export function argumentsOf(
  { parameters }: VarnishProgram,
  { edgeMemoryBytes }: Pick<EdgeSettings, 'edgeMemoryBytes'>,
  { folder, host, port }: VarnishPlace,
): string[] {
  const all: Readonly<Record<string, string | number>> = {
    ...parameters,
    // What says nothing of a lifetime has none (RFC 9111 allows to guess).
    default_ttl: 0,
    default_grace: 0,
    default_keep: 0,
    // Pages live for seconds, and belong into the memory that is bounded for objects all the same.
    shortlived: 0,
    // What was banned leaves the memory at once, and counts no longer.
    ban_lurker_age: 0,
    http_gzip_support: 'off',
    thread_pools: 1,
    // Beyond 20, connections would be cut.
    thread_queue_limit: waitingMax,
    thread_pool_min: threads,
    thread_pool_max: threads,
    vsl_space: logBytes,
    vsl_mask: unread.map((tag) => `-${tag}`).join(','),
    // The replicas keep connections for longer than this, and clients for less.
    backend_idle_timeout: 30,
    timeout_idle: 65,
    connect_timeout: 1,
    first_byte_timeout: 30,
    between_bytes_timeout: 30,
    max_restarts: 1,
  };
  return [
    ...['-d', '-n', folder, '-i', 'edge', '-j', 'none', '-a', `${host}:${port}`],
    ...['-s', `malloc,${edgeMemoryBytes}`, '-s', `Transient=malloc,${passingBytes}`],
    ...Object.entries(all).flatMap(([name, value]) => ['-p', `${name}=${value}`]),
  ];
}
