import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { exitCodes } from '../errors.ts';
import { alignColumns } from '../report/table.ts';
import { readMachine } from '../stack/cpu-accounting.ts';
import { createDatabaseAdmin } from '../stack/database-admin.ts';
import { findK6 } from '../stack/k6-binary.ts';
import { findPrometheus } from '../stack/prometheus-binary.ts';
import { findPostgresPackage } from '../stack/postgres-binaries.ts';
import { findRedisBinary } from '../stack/redis-binary.ts';
import { canUnpackPackages, findOnPath } from '../stack/system-packages.ts';
import type { StackContext } from '../stack/stack-context.ts';
import { createStackContext } from '../worlds/workbench.ts';
import type { Terminal } from './terminal.ts';

/** `will come`: it is brought when it is needed. `missing`: compare could not run. `not needed`: it is missing too, and compare can run. */
type State = 'found' | 'will come' | 'missing' | 'not needed';
type Part = {
  readonly part: string;
  readonly state: State;
  readonly version: string;
  readonly from: string;
  readonly remedy: string;
};

async function inspectPostgres({ environment }: StackContext): Promise<Part> {
  const part = 'PostgreSQL';
  if (environment.databaseUrl !== null) {
    try {
      const version = await createDatabaseAdmin(environment.databaseUrl).readVersion();
      return { part, state: 'found', version, from: 'DATABASE_URL', remedy: '' };
    } catch {
      return {
        part,
        state: 'missing',
        version: '',
        from: 'DATABASE_URL',
        remedy: 'it does not answer: mend or unset DATABASE_URL',
      };
    }
  }
  const found = findPostgresPackage();
  if (found === null)
    return { part, state: 'missing', version: '', from: '', remedy: 'npm ci --include=optional' };
  return { part, state: 'found', version: found.version, from: 'embedded', remedy: '' };
}

function inspectRedis(context: StackContext): Part {
  const part = 'Redis';
  if (context.environment.redisUrl !== null)
    return { part, state: 'found', version: '', from: 'REDIS_URL', remedy: '' };
  const found = findRedisBinary(context);
  if (found !== null) return { part, state: 'found', version: '', from: found.source, remedy: '' };
  const canUnpack = canUnpackPackages(context);
  return {
    part,
    state: canUnpack ? 'will come' : 'missing',
    version: '',
    from: canUnpack ? 'packages of this system' : '',
    remedy: 'apt-get install redis-server (or: brew install valkey)',
  };
}

/** Not needed to compare. */
function inspectPrometheus(context: StackContext): Part {
  const found = findPrometheus(context);
  const canUnpack = canUnpackPackages(context);
  return {
    part: 'Prometheus',
    state: found === null && !canUnpack ? 'not needed' : found === null ? 'will come' : 'found',
    version: '',
    from: found?.source ?? (canUnpack ? 'packages of this system' : ''),
    remedy: 'only for darkroom up: apt-get install prometheus (or: brew install prometheus)',
  };
}

async function inspectK6(context: StackContext): Promise<Part> {
  const part = 'k6';
  const found = await findK6(context);
  if (found !== null) return { part, state: 'found', version: found.version, from: found.source, remedy: '' };
  const { path } = context.environment;
  const canBuild =
    existsSync('/usr/local/go/bin/go') || findOnPath(path, ['go', 'python3', 'apt-get']) !== null;
  return {
    part,
    state: canBuild ? 'will come' : 'missing',
    version: '',
    from: canBuild ? 'built once, a minute or two' : '',
    remedy: 'put k6 1.6 or later on PATH',
  };
}

function inspectMachine(): Part {
  const { cores, cpuPressurePct } = readMachine();
  const pressure =
    cpuPressurePct === null ? 'CPU pressure unknown' : `CPU pressure ${cpuPressurePct.toFixed(0)} %`;
  const version = `${cores} cores, ${(totalmem() / 1024 ** 3).toFixed(0)} GiB`;
  return { part: 'machine', state: 'found', version, from: pressure, remedy: '' };
}

/** Prints a line per part. Installs nothing. */
export async function doctor(terminal: Terminal): Promise<void> {
  const context = createStackContext(terminal);
  const node: Part = {
    part: 'Node',
    state: 'found',
    version: process.version,
    from: process.execPath,
    remedy: '',
  };
  const parts = [
    node,
    await inspectPostgres(context),
    inspectRedis(context),
    await inspectK6(context),
    inspectPrometheus(context),
    inspectMachine(),
  ];
  const rows = parts.map(({ part, state, version, from, remedy }) => [
    part,
    state,
    version,
    from,
    state === 'found' ? '' : remedy,
  ]);
  terminal.print(`${alignColumns(rows, () => true).join('\n')}\n`);
  if (parts.some(({ state }) => state === 'missing')) terminal.exitWith(exitCodes.cannotProvision);
}
