import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const sample = join(import.meta.dirname, '..', '..', 'loadtests', 'media', 'sample-1.jpg');

/** A small picture in every format that is taken and in some that are not, to be spoilt. */
export async function makeBaseImages() {
  const small = () => sharp(readFileSync(sample)).resize(200, 150);
  const frames = await Promise.all(
    ['#f00', '#0f0', '#00f'].map((background) =>
      sharp({ create: { width: 60, height: 40, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  );
  const animated = () => sharp(frames, { join: { animated: true } });
  const [jpeg, progressive, png, interlaced, deep, webp, lossless, avif, gif, tiff, loop, gifLoop] =
    await Promise.all([
      small().jpeg().toBuffer(),
      small().jpeg({ progressive: true }).toBuffer(),
      small().png().toBuffer(),
      small().png({ progressive: true }).toBuffer(),
      small().toColourspace('rgb16').png().toBuffer(),
      small().webp().toBuffer(),
      small().webp({ lossless: true }).toBuffer(),
      small().avif({ effort: 0 }).toBuffer(),
      small().gif().toBuffer(),
      small().tiff().toBuffer(),
      animated()
        .webp({ loop: 0, delay: [100, 100, 100] })
        .toBuffer(),
      animated().gif().toBuffer(),
    ]);
  return {
    /** Those that are taken when they are whole. */
    taken: { jpeg, progressive, png, interlaced, deep, webp, lossless, avif },
    loop,
    refused: { gif, tiff, gifLoop },
  };
}

export type BaseImages = Awaited<ReturnType<typeof makeBaseImages>>;
