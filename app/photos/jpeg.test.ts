import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { DarkroomError } from '../errors.ts';
import { normaliseJpeg } from './jpeg.ts';

const sample = await readFile(join(import.meta.dirname, '..', '..', 'loadtests', 'media', 'sample-1.jpg'));

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 100, b: 50 } } });

const hasCode = (code: string) => (error: unknown) => error instanceof DarkroomError && error.code === code;

describe('normalising a JPEG', () => {
  it('is repeatable: the same upload gives the same bytes', async () => {
    const [first, second] = await Promise.all([normaliseJpeg(sample), normaliseJpeg(sample)]);
    assert.ok(first.bytes.equals(second.bytes));
  });

  it('keeps small images at their size and scales large ones down to 1080 pixels', async () => {
    const small = await normaliseJpeg(await plain(33, 77).jpeg().toBuffer());
    assert.deepEqual([small.widthPx, small.heightPx], [33, 77]);
    const large = await normaliseJpeg(await plain(2160, 1000).jpeg().toBuffer());
    assert.deepEqual([large.widthPx, large.heightPx], [1080, 500]);
  });

  it('turns the image upright and drops what its metadata tell, the place included', async () => {
    const upload = await plain(40, 20)
      .withExif({ IFD0: { Artist: 'somebody' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    assert.ok(upload.includes('somebody'), 'the upload has metadata');
    const { bytes, widthPx, heightPx } = await normaliseJpeg(upload);
    assert.deepEqual([widthPx, heightPx], [20, 40]);
    const metadata = await sharp(bytes).metadata();
    assert.equal(metadata.exif, undefined);
    assert.equal(metadata.orientation, undefined);
    assert.ok(!bytes.includes('somebody'));
  });

  it('keeps nothing that was hung behind the image', async () => {
    const script = '<script>alert(1)</script>';
    const { bytes } = await normaliseJpeg(Buffer.concat([sample, Buffer.from(script)]));
    assert.ok(!bytes.includes(script));
  });

  it('refuses other formats', async () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from([0xff]),
      Buffer.from('plain text'),
      await plain(8, 8).png().toBuffer(),
      await plain(8, 8).webp().toBuffer(),
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ])
      await assert.rejects(normaliseJpeg(bytes), hasCode('NOT_A_JPEG'));
  });

  it('refuses a JPEG wherever it is cut off', async () => {
    const cuts = [4, 100, 1_000, Math.floor(sample.length / 2), sample.length - 1_000, sample.length - 100];
    for (const length of cuts)
      await assert.rejects(normaliseJpeg(sample.subarray(0, length)), hasCode('BROKEN_JPEG'), `${length}`);
  });

  it('refuses a small file that unpacks to more than 50 million pixels', async () => {
    const bomb = await plain(9_000, 5_600).jpeg({ quality: 1 }).toBuffer();
    assert.ok(bomb.length < 1_000_000);
    await assert.rejects(normaliseJpeg(bomb), hasCode('BROKEN_JPEG'));
  });
});
