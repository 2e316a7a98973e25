import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { startAttackedService } from './attacked-service.ts';
import type { AttackedService } from './attacked-service.ts';
import { listHostileUploads } from './hostile-list.ts';
import { sendUploads } from './send-uploads.ts';

/** Every so many of the uploads of `npm run hostile-uploads`, which sends them all. */
const everyMany = 9;
const seed = 20_261;

let service: AttackedService;
before(async () => {
  service = await startAttackedService();
});
after(() => service.stop());

it('a sample of hostile uploads is refused with a code or is a picture, and nothing else is left', async () => {
  const uploads = await listHostileUploads(seed, false);
  assert.ok(uploads.length >= 450, `${uploads.length} uploads`);
  assert.equal(new Set(uploads.map(({ family }) => family)).size, 12);
  const sample = uploads.filter((_, index) => index % everyMany === 0);
  const { answers, faults, taken } = await sendUploads(service, sample, 2);
  assert.deepEqual(faults, []);
  assert.deepEqual(await service.ills(), []);
  // Else they would be too alike to tell anything.
  assert.ok(taken > 5, JSON.stringify(answers));
  for (const code of ['NOT_A_JPEG', 'BROKEN_JPEG', 'BROKEN_PHOTO', 'INVALID_REQUEST'])
    assert.ok(answers[code], `${code}: ${JSON.stringify(answers)}`);
});
