import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CommandError } from '../errors.ts';
import { arePortsFree, findFreePort } from './free-port.ts';
import { ownRun } from './own-run.ts';
import type { PrometheusBinaries } from './prometheus-binary.ts';
import { formatPrometheusConfig, formatTargets } from './prometheus-config.ts';
import type { OwnedDatabase, ScrapeTarget } from './prometheus-config.ts';
import type { StackContext } from './stack-context.ts';
import { startProcess } from './supervised-process.ts';
import type { SupervisedProcess } from './supervised-process.ts';

export type PrometheusServer = {
  /** Without a trailing slash. */
  readonly address: string;
  readonly process: SupervisedProcess;
  /** Replaces what is scraped; seen within a few seconds. */
  readonly watch: (targets: readonly ScrapeTarget[]) => void;
  /** Stops it and removes its data. */
  readonly stop: () => Promise<void>;
};

export type PrometheusSettings = {
  readonly binaries: PrometheusBinaries;
  /** Paths of rule files. */
  readonly rules: readonly string[];
  /** What it scrapes from the start. */
  readonly targets: readonly ScrapeTarget[];
  /** The databases of candidates. */
  readonly databases?: readonly OwnedDatabase[];
  /** 0, or where somebody else listens: any free port. */
  readonly port: number;
};

const startLimitMs = 20_000;
const pollMs = 50;
const portAttempts = 3;
/** A run's figures are kept this long at most. */
const retention = '6h';
const queryLimitMs = 5_000;
/**
 * Its own choice, 40 or 75, is for servers of gigabytes: it collects garbage at each few megabytes of a run's figures, with the CPU of what
 * is measured. At this one it takes some 100 MB more.
 */
const garbagePercent = 300;
/** Names, not paths: the folder is its working folder, and may be called whatever somebody likes. */
const configFile = 'prometheus.yml';
const targetsFile = 'targets.json';

/** A Prometheus of our own on loopback, with exemplars. Throws `cannotProvision` when it does not start. */
export async function startPrometheus(
  context: StackContext,
  settings: PrometheusSettings,
): Promise<PrometheusServer> {
  const folder = join(ownRun(context.paths).folder, 'prometheus');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const { server, address } = await startOnPort(context, settings, folder);
    return {
      address,
      process: server,
      watch: (targets) => writeTargets(folder, targets),
      async stop() {
        await server.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Replaces the file in one step, since it may be read at any time. */
function writeTargets(folder: string, targets: readonly ScrapeTarget[]): void {
  const draft = join(folder, 'targets.new');
  writeFileSync(draft, formatTargets(targets), { mode: 0o600 });
  renameSync(draft, join(folder, targetsFile));
}

async function startOnPort(
  context: StackContext,
  { binaries, rules, targets, databases = [], port: wantedPort }: PrometheusSettings,
  folder: string,
): Promise<{ readonly server: SupervisedProcess; readonly address: string }> {
  for (let attempt = 1; ; attempt += 1) {
    const isWanted = attempt === 1 && wantedPort !== 0 && (await arePortsFree(wantedPort, 1));
    const port = isWanted ? wantedPort : await findFreePort();
    const ownAddress = `127.0.0.1:${port}`;
    const address = `http://${ownAddress}`;
    const dataFolder = join(folder, 'data');
    writeTargets(folder, targets);
    for (const file of rules) copyFileSync(file, join(folder, basename(file)));
    const names = rules.map((file) => basename(file));
    const config = { rules: names, targets: targetsFile, databases, ownAddress };
    writeFileSync(join(folder, configFile), formatPrometheusConfig(config), { mode: 0o600 });
    const server = await startProcess(context, {
      name: 'prometheus',
      command: binaries.prometheus,
      args: [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${dataFolder}`,
        `--storage.tsdb.retention.time=${retention}`,
        `--web.listen-address=${ownAddress}`,
        `--query.timeout=${queryLimitMs}ms`,
        '--enable-feature=exemplar-storage',
        '--log.level=warn',
      ],
      env: { GOGC: String(garbagePercent) },
      cwd: folder,
    });
    if (await isReady(context, server, address, dataFolder)) return { server, address };
    await server.stop();
    if (context.signal.aborted) throw new CommandError('interrupted', 'interrupted');
    if (attempt === portAttempts) {
      throw new CommandError('cannotProvision', `Prometheus does not start:\n  ${server.lastLines()}`, {
        logFile: server.logFile,
      });
    }
  }
}

/** Whether it, and nobody else at its port, answers before it ends or the limit is reached. */
async function isReady(
  context: StackContext,
  server: SupervisedProcess,
  address: string,
  dataFolder: string,
): Promise<boolean> {
  const giveUpAt = performance.now() + startLimitMs;
  while (server.isAlive() && performance.now() < giveUpAt && !context.signal.aborted) {
    if (await isAnswering(address, dataFolder)) return server.isAlive();
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return false;
}

/** Whether a Prometheus with this data is there and ready. */
async function isAnswering(address: string, dataFolder: string): Promise<boolean> {
  const ask = (path: string) => fetch(`${address}${path}`, { signal: AbortSignal.timeout(queryLimitMs) });
  try {
    if (!(await ask('/-/ready')).ok) return false;
    const { data } = (await (await ask('/api/v1/status/flags')).json()) as { data?: Record<string, string> };
    return data?.['storage.tsdb.path'] === dataFolder;
  } catch {
    return false;
  }
}
