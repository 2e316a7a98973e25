import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../cli/environment.ts';
import type { StackContext } from '../../cli/stack/stack-context.ts';
import { resolvePaths } from '../../cli/stack/stack-paths.ts';

/**
 * A stack that shares nothing with others: its folders are those of a checkout that is made for the test. `sharesPrograms`: but
 * for what was unpacked, which takes a while.
 */
export function createTestStack({ sharesPrograms = false } = {}): {
  readonly context: StackContext;
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
  const context = { paths, environment, report: () => {}, signal: new AbortController().signal };
  return {
    context,
    remove: () => {
      for (const folder of [paths.data, checkout]) rmSync(folder, { recursive: true, force: true });
    },
  };
}
