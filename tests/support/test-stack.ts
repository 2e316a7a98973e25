import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../cli/environment.ts';
import type { StackContext } from '../../cli/stack/stack-context.ts';
import { resolvePaths } from '../../cli/stack/stack-paths.ts';
import { copyEmptyData } from '../runner/empty-data.ts';

/**
 * A stack that shares nothing with others: its folders are those of a checkout that is made for the test. `sharesPrograms`: but
 * for what was unpacked, which takes a while. `hasData`: its PostgreSQL finds data that are made, and empty.
 */
export function createTestStack({ sharesPrograms = false, hasData = false } = {}): {
  readonly context: StackContext;
  /** Puts data of PostgreSQL there that are made, and empty, where there are none. */
  readonly copyData: () => void;
  readonly remove: () => void;
} {
  const checkout = mkdtempSync(join(tmpdir(), 'darkroom-checkout-'));
  mkdirSync(join(checkout, 'cache'));
  const own = readEnvironment();
  const environment = {
    ...own,
    databaseUrl: null,
    redisUrl: null,
    cacheFolder: sharesPrograms ? own.cacheFolder : join(checkout, 'cache'),
  };
  const paths = resolvePaths(checkout, environment);
  const copyData = (): void => copyEmptyData(paths.data);
  if (hasData) copyData();
  const context = { paths, environment, report: () => {}, signal: new AbortController().signal };
  return {
    context,
    copyData,
    remove: () => {
      for (const folder of [paths.data, checkout]) rmSync(folder, { recursive: true, force: true });
    },
  };
}
