import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocatorEnvironment } from '../../app/contract/allocator.ts';
import { runtimeMetrics } from '../../app/contract/service-metrics.ts';
import { startServiceProcess } from '../support/service-process.ts';
import { createSeededDatabase } from '../support/test-app.ts';
import { village } from '../support/village-rows.ts';
import type { Target } from './send-uploads.ts';

/** A real process of the service, with a database and a folder of its own. */
export type AttackedService = Target & {
  /** What is wrong with the process afterwards, in words: it has ended, or it does not answer. */
  ills(): Promise<readonly string[]>;
  residentMiB(): Promise<number>;
  stop(): Promise<void>;
};

const mebibyte = 1024 * 1024;

export async function startAttackedService(): Promise<AttackedService> {
  const database = await createSeededDatabase();
  const mediaFolder = await mkdtemp(join(tmpdir(), 'darkroom-hostile-'));
  const service = startServiceProcess({
    ...allocatorEnvironment,
    DATABASE_URL: database.url,
    DARKROOM_CANDIDATE: 'no-cache',
    DARKROOM_MEDIA_DIR: mediaFolder,
    DARKROOM_LAB_MODE: '1',
    DARKROOM_LAB_TOKEN: 'token of a test',
    DARKROOM_TELEMETRY: 'metrics',
    DARKROOM_LOG_LEVEL: 'silent',
  });
  const ports = await service.listening;
  const origin = `http://127.0.0.1:${ports.http}`;
  return {
    origin,
    viewer: village.hermit,
    mediaFolder,
    async ills() {
      const { exitCode, signalCode } = service.child;
      if (exitCode !== null || signalCode !== null)
        return [`the service has ended with ${exitCode ?? signalCode}: ${service.stderr()}`];
      const { status } = await fetch(`${origin}/health/ready`, { signal: AbortSignal.timeout(30_000) });
      return status === 200 ? [] : [`the service is ${status}`];
    },
    async residentMiB() {
      const text = await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text();
      const line = new RegExp(`^${runtimeMetrics.residentMemory.name} (\\S+)$`, 'm').exec(text);
      return Number(line?.[1]) / mebibyte;
    },
    async stop() {
      await service.stop();
      await database.drop();
      await rm(mediaFolder, { recursive: true, force: true });
    },
  };
}
