import sharp from 'sharp';
import type { FailOnOptions } from 'sharp';
import { DarkroomError } from '../errors.ts';
import { decodeBytesOf, pixelsMax } from './decode-memory.ts';
import type { PhotoHead } from './decode-memory.ts';
import { formatNames, photoFormatOf } from './photo-format.ts';
import type { PhotoFormat } from './photo-format.ts';

const decodeSecondsMax = 10;
const endOfImage = Buffer.from([0xff, 0xd9]);
const mebibyte = 1024 * 1024;

// libvips remembers its last hundred operations and with them their images: the coefficients of a progressive JPEG stay
// allocated for good. No upload comes twice, so nothing is lost by forgetting (eight of 48 megapixels: 1,259 MB, now 96 MB).
sharp.cache(false);
// More threads per image take more memory and make none faster that is scaled down as it is read.
sharp.concurrency(1);
// Whatever a file pretends to be, no other reader is ever given it: none for SVG, TIFF or GIF, and none for the second image of
// a telephone's UltraHDR, which is decoded to a multiple of what a JPEG takes.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Heif'].map((name) => `VipsForeignLoad${name}Buffer`),
});

/** An image that is decoded: three bytes per pixel (sRGB), row by row. */
export type Pixels = { readonly data: Buffer; readonly widthPx: number; readonly heightPx: number };

/** What is known of an upload before it is decoded. */
export type InspectedPhoto = { readonly format: PhotoFormat; readonly decodeBytes: number };

const broken = (format: PhotoFormat, cause: unknown) =>
  new DarkroomError(
    format === 'jpeg' ? 'BROKEN_JPEG' : 'BROKEN_PHOTO',
    `The ${formatNames[format]} is cut off or damaged.`,
    { cause },
  );

const inMebibytes = (count: number) => `${Math.ceil(count / mebibyte)} MiB`;

/**
 * Reads the head of an upload. Throws NOT_A_JPEG for what is no photo of a format that is taken, BROKEN_JPEG or BROKEN_PHOTO where
 * its head cannot be read, and PHOTO_TOO_LARGE for more pixels, or more memory for decoding, than one may have.
 */
export async function inspectPhoto(upload: Buffer, decodeBytesMax: number): Promise<InspectedPhoto> {
  const format = photoFormatOf(upload);
  const head = await readHead(upload, format);
  const size = `${head.width} × ${head.height} pixels`;
  if (head.width * head.height > pixelsMax) {
    const detail = `A photo of ${size} has more than the limit of ${pixelsMax} pixels. Send it smaller.`;
    throw new DarkroomError('PHOTO_TOO_LARGE', detail);
  }
  const decodeBytes = decodeBytesOf(format, head, upload);
  if (decodeBytes <= decodeBytesMax) return { format, decodeBytes };
  const kind = `${head.isProgressive ? 'progressive ' : ''}${formatNames[format]}`;
  throw new DarkroomError(
    'PHOTO_TOO_LARGE',
    `A ${kind} of ${size} takes ${inMebibytes(decodeBytes)} to decode; the limit is ` +
      `${inMebibytes(decodeBytesMax)}. Send it smaller, or as a baseline JPEG.`,
  );
}

async function readHead(upload: Buffer, format: PhotoFormat): Promise<PhotoHead> {
  try {
    return await sharp(upload, { limitInputPixels: false }).metadata();
  } catch (error) {
    throw broken(format, error);
  }
}

/**
 * Decodes an upload: upright, at most `edgeMaxPx` wide or high, on white where it is transparent, in the colours of the web.
 * Nothing else of it is kept, its metadata least. Throws BROKEN_JPEG or BROKEN_PHOTO for one that cannot be decoded to its end.
 */
export async function decodePhoto(upload: Buffer, format: PhotoFormat, edgeMaxPx: number): Promise<Pixels> {
  try {
    return await pixelsOf(upload, { format, edgeMaxPx, failOn: 'truncated' });
  } catch (error) {
    if (String(error).includes('timeout')) {
      const detail = `Decoding the photo takes longer than the limit of ${decodeSecondsMax} s. Send it smaller.`;
      throw new DarkroomError('PHOTO_TOO_LARGE', detail, { cause: error });
    }
    if (format !== 'jpeg') throw broken(format, error);
    // Senders lose the two bytes that end an image, and nothing of the image. With them put back, its data either are whole,
    // or the decoder warns that they break off.
    const whole = Buffer.concat([upload, endOfImage]);
    return pixelsOf(whole, { format, edgeMaxPx, failOn: 'warning' }).catch((second: unknown) => {
      throw broken(format, second);
    });
  }
}

/** The formats that may have 16 bits per sample, which sharp takes for Display P3 to the end unless they are made 8 first. */
const deepFormats: readonly PhotoFormat[] = ['png', 'avif'];

type Decoding = { readonly format: PhotoFormat; readonly edgeMaxPx: number; readonly failOn: FailOnOptions };

async function pixelsOf(bytes: Buffer, { format, edgeMaxPx, failOn }: Decoding): Promise<Pixels> {
  // The bounds of memory and pixels are our own.
  const image = sharp(bytes, { failOn, limitInputPixels: false });
  const { data, info } = await (deepFormats.includes(format) ? image.pipelineColourspace('srgb') : image)
    .timeout({ seconds: decodeSecondsMax })
    .autoOrient()
    .resize({ width: edgeMaxPx, height: edgeMaxPx, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, widthPx: info.width, heightPx: info.height };
}
