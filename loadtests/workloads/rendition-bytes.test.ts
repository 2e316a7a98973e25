import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodePhoto, inspectPhoto } from '../../app/photos/decode-photo.ts';
import { makeRenditions } from '../../app/photos/make-renditions.ts';
import { wholeEdge } from '../../app/contract/renditions.ts';
import { renditionBytesOf } from './rendition-bytes.ts';
import { samplePhotos } from './sample-photos.ts';

test('the renditions of the samples have about as many bytes as is said of them', async () => {
  for (const [index, { file }] of samplePhotos.entries()) {
    const whole = readFileSync(join(import.meta.dirname, '..', 'media', file));
    const { format } = await inspectPhoto(whole, 2 ** 26);
    const made = await makeRenditions(await decodePhoto(whole, format, wholeEdge), whole);
    for (const { edge, bytes } of made.filter((one) => one.format === 'webp')) {
      const said = renditionBytesOf(index + 1, edge);
      assert.ok(Math.abs(bytes.length / said - 1) < 0.05, `${file} at ${edge}: ${bytes.length}, not ${said}`);
    }
  }
});
