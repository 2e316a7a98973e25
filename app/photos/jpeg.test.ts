import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { greyJpeg } from '../../tests/support/grey-jpeg.ts';
import { DarkroomError } from '../errors.ts';
import { createJpegNormaliser } from './jpeg.ts';

const sample = await readFile(join(import.meta.dirname, '..', '..', 'loadtests', 'media', 'sample-1.jpg'));

const mebibyte = 1024 * 1024;
const normaliseJpeg = createJpegNormaliser(384 * mebibyte);

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

  it('takes a JPEG that lacks nothing but the marker of its end, or half of it', async () => {
    const whole = await normaliseJpeg(sample);
    const progressive = await sharp(sample).jpeg({ progressive: true }).toBuffer();
    for (const bytes of [sample, progressive])
      for (const cut of [1, 2]) {
        const { widthPx, heightPx } = await normaliseJpeg(bytes.subarray(0, -cut));
        assert.deepEqual([widthPx, heightPx], [640, 480], `${cut}`);
      }
    assert.ok((await normaliseJpeg(sample.subarray(0, -2))).bytes.equals(whole.bytes));
    for (const bytes of [sample, progressive])
      for (const cut of [3, 10])
        await assert.rejects(normaliseJpeg(bytes.subarray(0, -cut)), hasCode('BROKEN_JPEG'), `${cut}`);
  });

  it('takes what follows the end, as telephones put a second image there', async () => {
    const { bytes } = await normaliseJpeg(Buffer.concat([sample, Buffer.alloc(30), sample.subarray(0, 900)]));
    assert.ok(bytes.equals((await normaliseJpeg(sample)).bytes));
  });

  it('makes the colours of the web of those of a printer, and of grey ones', async () => {
    const { dominant } = await sharp(sample).stats();
    const cmyk = await sharp(sample).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    assert.equal((await sharp(cmyk).metadata()).space, 'cmyk');
    const metadata = await sharp((await normaliseJpeg(cmyk)).bytes).metadata();
    assert.deepEqual([metadata.space, metadata.channels], ['srgb', 3]);
    const { dominant: after } = await sharp((await normaliseJpeg(cmyk)).bytes).stats();
    for (const channel of ['r', 'g', 'b'] as const)
      assert.ok(Math.abs(dominant[channel] - after[channel]) <= 32, `${channel}: ${after[channel]}`);
    const grey = await sharp(sample).toColourspace('b-w').jpeg({ progressive: true }).toBuffer();
    assert.equal((await normaliseJpeg(grey)).widthPx, 640);
  });

  it('says which other format was sent', async () => {
    const deep = await sharp(sample).toColourspace('rgb16').png().toBuffer();
    const heic = Buffer.from('\0\0\0\u0018ftypheic\0\0\0\0mif1heic', 'latin1');
    await assert.rejects(normaliseJpeg(deep), /Send a JPEG .* This is a PNG\./);
    await assert.rejects(normaliseJpeg(heic), /This is a HEIC\./);
    await assert.rejects(normaliseJpeg(await plain(8, 8).webp().toBuffer()), /This is a WebP\./);
  });

  it('takes the photos of telephones, of 50, 108 and 200 megapixels', async () => {
    for (const [width, height] of [
      [8160, 6144],
      [12_000, 9_000],
      [16_320, 12_240],
    ] as const) {
      const { widthPx, heightPx } = await normaliseJpeg(greyJpeg({ width, height }));
      assert.deepEqual([widthPx, heightPx], [1080, Math.round((1080 * height) / width)]);
    }
    assert.equal(
      (await normaliseJpeg(greyJpeg({ width: 8160, height: 6144, isProgressive: true }))).widthPx,
      1080,
    );
  });

  it('refuses a small file that takes more memory to decode than it may, with both', async () => {
    const upload = greyJpeg({ width: 16_320, height: 12_240, isProgressive: true });
    assert.ok(upload.length < 1_000_000);
    await assert.rejects(normaliseJpeg(upload), hasCode('PHOTO_TOO_LARGE'));
    // 200 million pixels of 1.5 samples of 2 bytes, and 24 MiB to work with.
    const message = /progressive JPEG of 16320 × 12240 pixels takes 596 MiB .* limit is 384 MiB/;
    await assert.rejects(normaliseJpeg(upload), message);
    const small = greyJpeg({ width: 3_000, height: 2_000, isProgressive: true });
    await assert.rejects(createJpegNormaliser(41 * mebibyte)(small), hasCode('PHOTO_TOO_LARGE'));
    assert.equal((await createJpegNormaliser(42 * mebibyte)(small)).widthPx, 1080);
  });

  it('decodes as many at once as its memory has room for, lets others wait, and refuses when too many do', async () => {
    const upload = greyJpeg({ width: 1_600, height: 1_200, isProgressive: true });
    const tight = createJpegNormaliser(30 * mebibyte);
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => tight(upload)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(outcomes.length - refused.length, 33);
    for (const { reason } of refused) {
      assert.ok(hasCode('OVERLOADED')(reason));
      assert.match(String(reason), /31457280 bytes or 2 places, and 32 wait, which is the limit/);
    }
    assert.equal((await tight(upload)).widthPx, 1080);
  });
});
