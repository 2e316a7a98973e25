import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { samplePhotos } from './sample-photos.ts';

const folder = join(import.meta.dirname, '..', 'media');

test('the list says what the files are', async () => {
  for (const { file, digest, widthPx, heightPx } of samplePhotos) {
    const bytes = readFileSync(join(folder, file));
    const { format, width, height } = await sharp(bytes).metadata();
    assert.equal(createHash('sha256').update(bytes).digest('hex'), digest, file);
    assert.deepEqual({ format, width, height }, { format: 'jpeg', width: widthPx, height: heightPx }, file);
  }
});

test('lists every file of the folder, all different', () => {
  assert.deepEqual(samplePhotos.map(({ file }) => file).sort(), readdirSync(folder).sort());
  assert.equal(new Set(samplePhotos.map(({ digest }) => digest)).size, samplePhotos.length);
});
