import { join } from 'node:path';
import type { Clock } from '../../app/clock.ts';
import { readEnvironment } from '../environment.ts';
import { startPostgres } from '../stack/postgres-server.ts';
import { reapDatabases } from '../stack/reap-databases.ts';
import { startServerRun } from '../stack/server-run.ts';
import type { StackContext } from '../stack/stack-context.ts';
import { resolvePaths } from '../stack/stack-paths.ts';
import { reapLeftovers } from '../stack/leftovers.ts';
import type { Stack } from './world.ts';

export type WorkbenchSettings = {
  readonly checkout: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly report: (message: string) => void;
};

/** What `withWorkbench` may be asked for. */
export type WorkbenchNeeds = { readonly connections?: number };

/** Folders, environment and signal of a command; what an earlier run left behind is ended. */
export function createStackContext({ checkout, signal, report }: WorkbenchSettings): StackContext {
  const environment = readEnvironment();
  const paths = resolvePaths(checkout, environment);
  reapLeftovers(paths, report);
  return { paths, environment, report, signal };
}

/** Runs `work` with a PostgreSQL that is stopped afterwards, whatever happens. */
export async function withWorkbench<T>(
  settings: WorkbenchSettings,
  work: (stack: Stack, mediaFolder: string) => Promise<T>,
  needs: WorkbenchNeeds = {},
): Promise<T> {
  const context = createStackContext(settings);
  await using started = new AsyncDisposableStack();
  const postgres = await startPostgres(context, needs);
  started.defer(postgres.stop);
  const run = await startServerRun(postgres.adminUrl, settings.checkout);
  started.defer(run.end);
  for (const told of await reapDatabases(postgres)) context.report(told);
  const stack: Stack = { context, checkout: settings.checkout, postgres, run, clock: settings.clock };
  return await work(stack, join(context.paths.state, 'media'));
}
