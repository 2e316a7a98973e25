import sharp from 'sharp';
import { DarkroomError } from '../errors.ts';

/** A photo from a good camera has 12 to 50 million pixels; more is a decompression bomb. */
const pixelsMax = 50_000_000;
/** Edge of the stored image; larger ones are scaled down. */
const edgeMaxPx = 1080;
const decodeSecondsMax = 10;

export type Jpeg = { readonly bytes: Buffer; readonly widthPx: number; readonly heightPx: number };

/**
 * Decodes an upload and encodes it anew: upright, at most 1080 pixels wide or high, without its metadata. What was sent is
 * never stored. Throws NOT_A_JPEG for other formats and BROKEN_JPEG for a JPEG that cannot be decoded to its end.
 */
export async function normaliseJpeg(upload: Buffer): Promise<Jpeg> {
  const isJpeg = upload.length > 3 && upload[0] === 0xff && upload[1] === 0xd8 && upload[2] === 0xff;
  if (!isJpeg) throw new DarkroomError('NOT_A_JPEG', 'Send a JPEG as the part "file".');
  try {
    const image = sharp(upload, { failOn: 'truncated', limitInputPixels: pixelsMax })
      .timeout({ seconds: decodeSecondsMax })
      .autoOrient()
      .resize({ width: edgeMaxPx, height: edgeMaxPx, fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: 80 });
    const { data, info } = await image.toBuffer({ resolveWithObject: true });
    return { bytes: data, widthPx: info.width, heightPx: info.height };
  } catch (error) {
    throw new DarkroomError('BROKEN_JPEG', 'The JPEG is cut off, damaged or too large to decode.', {
      cause: error,
    });
  }
}
