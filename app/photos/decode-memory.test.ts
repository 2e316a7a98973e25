import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { allocatorEnvironment } from '../contract/allocator.ts';
import { blackPng } from '../../tests/hostile-uploads/chunked-images.ts';
import { greyJpeg } from '../../tests/support/grey-jpeg.ts';

const root = join(import.meta.dirname, '..', '..');
const decoder = join(root, 'tests', 'support', 'decode-rise.ts');
const warmUp = join(root, 'loadtests', 'media', 'sample-1.jpg');
const run = promisify(execFile);

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-decode-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const flat = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#c86432' } });

/** One of each kind that costs in its own way; `least`: what it takes at the least, else nothing was measured. */
const uploads: Record<string, { readonly leastMiB: number; readonly make: () => Promise<Buffer> | Buffer }> =
  {
    'a JPEG of 200 megapixels': { leastMiB: 1, make: () => greyJpeg({ width: 16_320, height: 12_240 }) },
    'a progressive JPEG': {
      leastMiB: 30,
      make: () => greyJpeg({ width: 4_000, height: 3_000, isProgressive: true }),
    },
    'a wide PNG': { leastMiB: 20, make: () => blackPng({ width: 16_000, height: 1_000 }) },
    'an interlaced PNG': {
      leastMiB: 30,
      make: () => blackPng({ width: 4_000, height: 3_000, isInterlaced: true }),
    },
    'a lossy WebP': { leastMiB: 1, make: () => flat(4_000, 3_000).webp({ effort: 0 }).toBuffer() },
    'a lossless WebP': {
      leastMiB: 15,
      // What is flat is coded as an image of a few pixels.
      make: async () =>
        sharp(await readFile(warmUp))
          .resize(3_000, 2_250, { kernel: 'nearest' })
          .webp({ effort: 0, lossless: true })
          .toBuffer(),
    },
    'an AVIF': { leastMiB: 20, make: () => flat(2_000, 1_500).avif({ effort: 0 }).toBuffer() },
  };

// What a process takes is read where Linux tells it.
it(
  'no decode takes more memory than is reckoned for its kind',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async () => {
    for (const [name, { leastMiB, make }] of Object.entries(uploads)) {
      const file = join(folder, 'upload');
      await writeFile(file, await make());
      const { stdout } = await run(process.execPath, [decoder, warmUp, file], {
        env: { ...allocatorEnvironment },
      });
      const { rise, reckoned } = JSON.parse(stdout) as { readonly rise: number; readonly reckoned: number };
      const inMiB = `${name} took ${Math.round(rise / 2 ** 20)} MiB of ${Math.round(reckoned / 2 ** 20)}`;
      assert.ok(rise <= reckoned, inMiB);
      assert.ok(rise >= leastMiB * 2 ** 20, inMiB);
    }
  },
);
