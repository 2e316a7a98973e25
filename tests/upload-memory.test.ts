import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { allocatorEnvironment } from '../app/contract/allocator.ts';
import { headers } from '../app/contract/headers.ts';
import type { ProcessPorts } from '../app/contract/process-messages.ts';
import { runtimeMetrics } from '../app/contract/service-metrics.ts';
import { greyJpeg } from './support/grey-jpeg.ts';
import { photoForm } from './support/multipart-form.ts';
import { startServiceProcess } from './support/service-process.ts';
import type { ServiceProcess } from './support/service-process.ts';
import { createSeededDatabase } from './support/test-app.ts';
import { village } from './support/village-rows.ts';
import { askAgain } from './support/ask-again.ts';

const mebibyte = 1024 * 1024;
const decodeMemoryMiB = 100;
/** What a process takes beside images, after it has read uploads and encoded photos for the first time. */
const besidesMiB = 150;
/** Enough that decoding them at once would show, and as many of next to nothing behind them as have to be refused. */
const [largeUploads, smallUploads] = [12, 38];
const uploads = largeUploads + smallUploads;

let database: Awaited<ReturnType<typeof createSeededDatabase>>;
let mediaFolder: string;
let service: ServiceProcess;
let ports: ProcessPorts;

before(async () => {
  database = await createSeededDatabase();
  mediaFolder = await mkdtemp(join(tmpdir(), 'darkroom-media-'));
  service = startServiceProcess({
    ...allocatorEnvironment,
    DATABASE_URL: database.url,
    DARKROOM_CANDIDATE: 'no-cache',
    DARKROOM_MEDIA_DIR: mediaFolder,
    DARKROOM_LAB_MODE: '1',
    DARKROOM_LAB_TOKEN: 'token of a test',
    DARKROOM_TELEMETRY: 'metrics',
    DARKROOM_DECODE_MEMORY_MIB: String(decodeMemoryMiB),
  });
  ports = await service.listening;
});
after(async () => {
  await service.stop();
  await database.drop();
  await rm(mediaFolder, { recursive: true, force: true });
});

async function residentMiB(): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text();
  const line = new RegExp(`^${runtimeMetrics.residentMemory.name} (\\S+)$`, 'm').exec(text);
  return Number(line?.[1]) / mebibyte;
}

it('bounds what many uploads at once take, refuses those beyond, and gives it back', async () => {
  const large = photoForm(greyJpeg({ width: 6_000, height: 4_000, isProgressive: true }));
  const small = photoForm(greyJpeg({ width: 16, height: 16 }));
  const send = async (form: typeof large) => {
    const response = await fetch(`http://127.0.0.1:${ports.http}/users/${village.hermit}/posts`, {
      method: 'POST',
      headers: { ...form.headers, [headers.viewer]: String(village.hermit) },
      body: form.body,
    });
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: await response.text(),
    };
  };
  const post = (form: typeof large) =>
    askAgain(
      () => send(form),
      ({ body }) => body.includes('"STORAGE_UNAVAILABLE"'),
    );
  const start = await residentMiB();
  let [most, isDone] = [start, false];
  const watch = async () => {
    while (!isDone) {
      most = Math.max(most, await residentMiB());
      await pause(100);
    }
  };
  const watched = watch();
  const forms = Array.from({ length: uploads }, (_, index) => (index < largeUploads ? large : small));
  const answers = await Promise.all(forms.map(post));
  isDone = true;
  await watched;
  const refused = answers.filter(({ status }) => status !== 201);
  assert.ok(refused.length > 0 && refused.length < uploads / 2, `${refused.length} refused`);
  for (const { status, retryAfter, body } of refused) {
    assert.equal(status, 503);
    assert.equal(retryAfter, '1');
    assert.match(body, /"code":"OVERLOADED".*104857600 bytes or 2 places, and 32 wait/);
  }
  assert.ok(most > start + 50, 'a decode was seen');
  assert.ok(most < start + decodeMemoryMiB + besidesMiB, `${most} MiB, of which ${start} at the start`);
  // Elsewhere the allocator is not glibc's.
  if (process.platform !== 'linux') return;
  const afterwards = await residentMiB();
  assert.ok(afterwards < start + besidesMiB, `${afterwards} MiB stay, of which ${start} at the start`);
});
