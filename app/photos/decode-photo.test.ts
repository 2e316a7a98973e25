import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { greyJpeg } from '../../tests/support/grey-jpeg.ts';
import { DarkroomError } from '../errors.ts';
import { decodePhoto, inspectPhoto } from './decode-photo.ts';
import type { Pixels } from './decode-photo.ts';

const sample = readFileSync(join(import.meta.dirname, '..', '..', 'loadtests', 'media', 'sample-1.jpg'));

const mebibyte = 1024 * 1024;
const edge = 1080;

async function decode(upload: Buffer, decodeBytesMax = 384 * mebibyte): Promise<Pixels> {
  const { format } = await inspectPhoto(upload, decodeBytesMax);
  return decodePhoto(upload, format, edge);
}

const plain = (width: number, height: number, background = { r: 200, g: 100, b: 50 }) =>
  sharp({ create: { width, height, channels: 3, background } });

const hasCode = (code: string) => (error: unknown) => error instanceof DarkroomError && error.code === code;

const sizeOf = ({ widthPx, heightPx }: Pixels) => [widthPx, heightPx];

/** The mean of each channel. */
function meansOf({ data }: Pixels): number[] {
  const sums = [0, 0, 0];
  data.forEach((value, index) => {
    sums[index % 3] = (sums[index % 3] ?? 0) + value;
  });
  return sums.map((sum) => (sum * 3) / data.length);
}

function assertNear(pixels: Pixels, expected: readonly number[], within: number, what: string): void {
  assert.equal(pixels.data.length, pixels.widthPx * pixels.heightPx * 3, what);
  meansOf(pixels).forEach((mean, channel) => {
    assert.ok(Math.abs(mean - (expected[channel] ?? 0)) <= within, `${what}: ${channel} is ${mean}`);
  });
}

describe('decoding a photo', () => {
  it('is repeatable: the same upload gives the same pixels', async () => {
    const [first, second] = await Promise.all([decode(sample), decode(sample)]);
    assert.ok(first.data.equals(second.data));
  });

  it('keeps small images at their size and scales large ones down', async () => {
    assert.deepEqual(sizeOf(await decode(await plain(33, 77).jpeg().toBuffer())), [33, 77]);
    for (const upload of [plain(2160, 1000).jpeg(), plain(2160, 1000).png(), plain(2160, 1000).webp()])
      assert.deepEqual(sizeOf(await decode(await upload.toBuffer())), [1080, 500]);
  });

  it('turns the image upright, whatever its format', async () => {
    const upright = plain(40, 20).withMetadata({ orientation: 6 });
    for (const upload of [upright.clone().jpeg(), upright.clone().png(), upright.clone().webp()])
      assert.deepEqual(sizeOf(await decode(await upload.toBuffer())), [20, 40]);
  });

  it('takes PNG, WebP and AVIF, on white where they are transparent', async () => {
    const expected = meansOf(await decode(sample));
    for (const upload of [sharp(sample).png(), sharp(sample).webp(), sharp(sample).avif({ effort: 0 })])
      assertNear(await decode(await upload.toBuffer()), expected, 4, 'of another format');
    const clear = sharp({ create: { width: 9, height: 9, channels: 4, background: '#00000000' } });
    for (const upload of [clear.clone().png(), clear.clone().webp({ lossless: true })])
      assertNear(await decode(await upload.toBuffer()), [255, 255, 255], 0, 'transparent');
  });

  it('makes the colours of the web of those of a printer, of grey ones, of 16 bits and of Display P3', async () => {
    const expected = meansOf(await decode(sample));
    const cmyk = await sharp(sample).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    assert.equal((await sharp(cmyk).metadata()).space, 'cmyk');
    assertNear(await decode(cmyk), expected, 32, 'CMYK');
    const grey = await sharp(sample).toColourspace('b-w').jpeg({ progressive: true }).toBuffer();
    assert.deepEqual(sizeOf(await decode(grey)), [640, 480]);
    const deep = await sharp(sample).toColourspace('rgb16').png().toBuffer();
    assert.equal((await sharp(deep).metadata()).depth, 'ushort');
    assertNear(await decode(deep), expected, 2, '16 bits');
    const colour = { r: 200, g: 100, b: 50 };
    const wide = plain(16, 16, colour).withIccProfile('p3');
    for (const upload of [
      await wide.clone().jpeg({ quality: 100 }).toBuffer(),
      await wide.clone().png().toBuffer(),
      await wide.clone().toColourspace('rgb16').png().toBuffer(),
    ]) {
      assert.ok((await sharp(upload).metadata()).hasProfile);
      assertNear(await decode(upload), Object.values(colour), 4, 'Display P3');
    }
  });

  it('refuses other formats, and says which one was sent', async () => {
    const heic = Buffer.from('\0\0\0\u0018ftypheic\0\0\0\0mif1heic', 'latin1');
    const cases: [Buffer, RegExp][] = [
      [Buffer.alloc(0), /Send a photo \(JPEG, PNG, WebP, AVIF\) as the part "file"\.$/],
      [Buffer.from([0xff]), /"file"\.$/],
      [Buffer.from('plain text'), /"file"\.$/],
      [Buffer.from('RIFF....WAVE'), /"file"\.$/],
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /This is an SVG/],
      [await plain(8, 8).gif().toBuffer(), /This is a GIF, which is not taken\./],
      [await plain(8, 8).tiff().toBuffer(), /This is a TIFF/],
      [heic, /This is a HEIC/],
    ];
    for (const [bytes, message] of cases) {
      await assert.rejects(decode(bytes), hasCode('NOT_A_JPEG'));
      await assert.rejects(decode(bytes), message);
    }
  });

  it('never gives a file to another reader than that of its first bytes', async () => {
    // An SVG that begins as a JPEG does, and an image of a format for which the library has a reader.
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    await assert.rejects(
      decode(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), svg])),
      hasCode('BROKEN_JPEG'),
    );
    await assert.rejects(sharp(await plain(8, 8).tiff().toBuffer()).toBuffer(), /unsupported image format/);
    await assert.rejects(sharp(svg).toBuffer(), /unsupported image format/);
  });

  it('refuses what is cut off, wherever that is', async () => {
    const cuts = [4, 100, 1_000, Math.floor(sample.length / 2), sample.length - 1_000, sample.length - 100];
    for (const length of cuts)
      await assert.rejects(decode(sample.subarray(0, length)), hasCode('BROKEN_JPEG'), `${length}`);
    for (const upload of [sharp(sample).png(), sharp(sample).webp(), sharp(sample).avif({ effort: 0 })]) {
      const whole = await upload.toBuffer();
      for (const part of [0.1, 0.5, 0.9]) {
        const cut = whole.subarray(0, Math.floor(whole.length * part));
        await assert.rejects(
          decode(cut),
          hasCode('BROKEN_PHOTO'),
          `${whole.toString('latin1', 0, 12)} ${part}`,
        );
      }
    }
  });

  it('takes a JPEG that lacks nothing but the marker of its end, or half of it', async () => {
    const whole = await decode(sample);
    const progressive = await sharp(sample).jpeg({ progressive: true }).toBuffer();
    for (const bytes of [sample, progressive])
      for (const cut of [1, 2])
        assert.deepEqual(sizeOf(await decode(bytes.subarray(0, -cut))), [640, 480], `${cut}`);
    assert.ok((await decode(sample.subarray(0, -2))).data.equals(whole.data));
    for (const bytes of [sample, progressive])
      for (const cut of [3, 10])
        await assert.rejects(decode(bytes.subarray(0, -cut)), hasCode('BROKEN_JPEG'), `${cut}`);
  });

  it('takes what follows the end, as telephones put a second image there', async () => {
    const { data } = await decode(Buffer.concat([sample, Buffer.alloc(30), sample.subarray(0, 900)]));
    assert.ok(data.equals((await decode(sample)).data));
  });

  it('takes an UltraHDR as the JPEG that it is for all others, and never decodes its second image', async () => {
    const upload = readFileSync(join(import.meta.dirname, '..', '..', 'tests', 'support', 'ultra-hdr.jpg'));
    assert.ok(upload.includes('iso:ts:21496'), 'it has a gain map (ISO 21496-1)');
    assert.deepEqual(sizeOf(await decode(upload)), [96, 72]);
    assert.equal((await sharp(upload).metadata()).gainMap, undefined);
  });

  it('takes the photos of telephones, of 50, 108 and 200 megapixels', async () => {
    for (const [width, height] of [
      [8160, 6144],
      [12_000, 9_000],
      [16_320, 12_240],
    ] as const)
      assert.deepEqual(sizeOf(await decode(greyJpeg({ width, height }))), [
        1080,
        Math.round((1080 * height) / width),
      ]);
    const progressive = greyJpeg({ width: 8160, height: 6144, isProgressive: true });
    assert.equal((await decode(progressive)).widthPx, 1080);
  });

  it('refuses a small file with more pixels than one may have, with both', async () => {
    const upload = greyJpeg({ width: 20_000, height: 20_000 });
    assert.ok(upload.length < 3_000_000);
    await assert.rejects(decode(upload), hasCode('PHOTO_TOO_LARGE'));
    await assert.rejects(decode(upload), /20000 × 20000 pixels has more than the limit of 209715200 pixels/);
  });

  it('refuses a small file that takes more memory to decode than it may, with both', async () => {
    const upload = greyJpeg({ width: 16_320, height: 12_240, isProgressive: true });
    assert.ok(upload.length < 1_000_000);
    await assert.rejects(decode(upload), hasCode('PHOTO_TOO_LARGE'));
    // 200 million pixels of 1.5 samples of 2 bytes, and 24 MiB to work with.
    const message = /progressive JPEG of 16320 × 12240 pixels takes 596 MiB .* limit is 384 MiB/;
    await assert.rejects(decode(upload), message);
    const small = greyJpeg({ width: 3_000, height: 2_000, isProgressive: true });
    await assert.rejects(decode(small, 41 * mebibyte), hasCode('PHOTO_TOO_LARGE'));
    assert.equal((await decode(small, 42 * mebibyte)).widthPx, 1080);
  });
});
