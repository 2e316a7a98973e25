import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestRedis } from '../support/databases.ts';
import type { TestDatabase } from '../support/databases.ts';
import { startServiceProcess } from '../support/service-process.ts';
import { fuzzApi } from './run-fuzz.ts';
import type { FuzzResult } from './run-fuzz.ts';

const jpegFile = join(import.meta.dirname, '..', '..', 'loadtests', 'media', 'sample-1.jpg');
/** Both tiers, and versions that keep them apart from each other. */
const candidate = 'versioned';

/** Starts a service as a process of its own on this database and the Redis of the tests, and sends it generated requests. */
export async function fuzzService(
  database: TestDatabase,
  settings: { readonly count: number; readonly seed: number; readonly atOnce: number },
): Promise<FuzzResult> {
  const { url, keyPrefix } = createTestRedis();
  const mediaFolder = await mkdtemp(join(tmpdir(), 'darkroom-fuzz-'));
  const service = startServiceProcess({
    DARKROOM_CANDIDATE: candidate,
    DATABASE_URL: database.url,
    REDIS_URL: url,
    DARKROOM_REDIS_PREFIX: keyPrefix,
    DARKROOM_MEDIA_DIR: mediaFolder,
    DARKROOM_LAB_MODE: '1',
    DARKROOM_LAB_TOKEN: 'a token',
    DARKROOM_LOG_LEVEL: 'silent',
  });
  try {
    const { http } = await service.listening;
    if (http === null) throw new RangeError('a service answers requests');
    const result = await fuzzApi({ ...settings, port: http, jpeg: await readFile(jpegFile) });
    const isAlive = service.child.exitCode === null && service.child.signalCode === null;
    return isAlive
      ? result
      : { ...result, complaints: [...result.complaints, `the service ended: ${service.stderr()}`] };
  } finally {
    await service.stop();
    await rm(mediaFolder, { recursive: true, force: true });
  }
}

/** The figure, in a few lines. */
export function describeFuzz(
  { requests, operations, byStatus, complaints }: FuzzResult,
  seed: number,
): string {
  const count = (isCounted: (status: number) => boolean) =>
    [...byStatus].filter(([status]) => isCounted(status)).reduce((sum, [, times]) => sum + times, 0);
  const statuses = [...byStatus]
    .toSorted(([a], [b]) => a - b)
    .map(([status, times]) => `${status === 0 ? 'none' : status} ${times}`);
  return [
    `${requests} requests to ${operations.length} operations, seed ${seed}:`,
    `${count((status) => status >= 500)} failures of the service (5xx), ${count((status) => status === 0)} without an answer, ${complaints.length} complaints in all`,
    `by status: ${statuses.join(', ')}`,
  ].join('\n');
}
