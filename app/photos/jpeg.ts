import sharp from 'sharp';
import type { FailOnOptions, Metadata } from 'sharp';
import { DarkroomError } from '../errors.ts';
import { decodeBytesOf } from './decode-memory.ts';
import { createMemoryBudget } from './memory-budget.ts';

/** Edge of the stored image; larger ones are scaled down. */
const edgeMaxPx = 1080;
const decodeSecondsMax = 10;
/** Decodes run on the threads that files are read with, of which there are four: two are left to the reads of images. */
const decodesMax = 2;
/** At half a second for a large one, the last in line is decoded within ten seconds. */
const waitingMax = 32;
const endOfImage = Buffer.from([0xff, 0xd9]);
const mebibyte = 1024 * 1024;

// libvips remembers its last hundred operations and with them their images: the coefficients of a progressive JPEG stay
// allocated for good. No upload comes twice, so nothing is lost by forgetting (eight of 48 megapixels: 1,259 MB, now 96 MB).
sharp.cache(false);
// More threads per image take more memory and make none faster that is scaled down as it is read.
sharp.concurrency(1);

export type Jpeg = { readonly bytes: Buffer; readonly widthPx: number; readonly heightPx: number };

/**
 * Decodes an upload and encodes it anew: upright, at most 1080 pixels wide or high, without its metadata. What was sent is
 * never stored. Throws NOT_A_JPEG for other formats, BROKEN_JPEG for a JPEG that cannot be decoded to its end,
 * PHOTO_TOO_LARGE for one that takes more memory than there is, and OVERLOADED when too many wait.
 */
export type NormaliseJpeg = (upload: Buffer) => Promise<Jpeg>;

/** All decodes together keep within so many bytes; what does not fit waits, and a bounded number may. */
export function createJpegNormaliser(decodeBytesMax: number): NormaliseJpeg {
  const budget = createMemoryBudget({
    name: 'photos that are decoded',
    bytesMax: decodeBytesMax,
    workersMax: decodesMax,
    waitingMax,
  });
  return async (upload) => {
    requireJpeg(upload);
    const head = await readHead(upload);
    const bytes = decodeBytesOf(head);
    if (bytes > decodeBytesMax) throw tooLarge(head, bytes, decodeBytesMax);
    return budget.run(bytes, () => decodeWhole(upload));
  };
}

/** How other formats begin that are often sent instead. */
const otherFormats: readonly { readonly name: string; readonly at: number; readonly mark: string }[] = [
  { name: 'a PNG', at: 0, mark: '\u0089PNG' },
  { name: 'a GIF', at: 0, mark: 'GIF8' },
  { name: 'a WebP', at: 8, mark: 'WEBP' },
  { name: 'a TIFF', at: 0, mark: 'II*\u0000' },
  { name: 'a HEIC', at: 4, mark: 'ftyphei' },
  { name: 'a HEIC', at: 4, mark: 'ftypmif1' },
  { name: 'an AVIF', at: 4, mark: 'ftypavif' },
];

function requireJpeg(upload: Buffer): void {
  if (upload.length > 3 && upload[0] === 0xff && upload[1] === 0xd8 && upload[2] === 0xff) return;
  const begin = upload.toString('latin1', 0, 16);
  const other = otherFormats.find(({ at, mark }) => begin.startsWith(mark, at));
  const found = other === undefined ? '' : ` This is ${other.name}.`;
  throw new DarkroomError('NOT_A_JPEG', `Send a JPEG as the part "file".${found}`);
}

const broken = (cause: unknown) =>
  new DarkroomError('BROKEN_JPEG', 'The JPEG is cut off or damaged.', { cause });

function tooLarge({ width, height }: Metadata, bytes: number, bytesMax: number): DarkroomError {
  const inMebibytes = (count: number) => `${Math.ceil(count / mebibyte)} MiB`;
  return new DarkroomError(
    'PHOTO_TOO_LARGE',
    `A progressive JPEG of ${width} × ${height} pixels takes ${inMebibytes(bytes)} to decode; the limit is ` +
      `${inMebibytes(bytesMax)}. Send it smaller, or as a baseline JPEG.`,
  );
}

async function readHead(upload: Buffer): Promise<Metadata> {
  try {
    return await sharp(upload, { limitInputPixels: false }).metadata();
  } catch (error) {
    throw broken(error);
  }
}

/**
 * Senders lose the two bytes that end an image, and nothing of the image. With them put back, its data either are whole, or
 * the decoder warns that they break off.
 */
async function decodeWhole(upload: Buffer): Promise<Jpeg> {
  try {
    return await encodeAnew(upload, 'truncated');
  } catch (error) {
    if (String(error).includes('timeout')) {
      const detail = `Decoding the JPEG takes longer than the limit of ${decodeSecondsMax} s.`;
      throw new DarkroomError('PHOTO_TOO_LARGE', detail, { cause: error });
    }
    return encodeAnew(Buffer.concat([upload, endOfImage]), 'warning').catch((second: unknown) => {
      throw broken(second);
    });
  }
}

async function encodeAnew(bytes: Buffer, failOn: FailOnOptions): Promise<Jpeg> {
  // Memory and time are what bounds an image, not its number of pixels.
  const { data, info } = await sharp(bytes, { failOn, limitInputPixels: false })
    .timeout({ seconds: decodeSecondsMax })
    .autoOrient()
    .resize({ width: edgeMaxPx, height: edgeMaxPx, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 80 })
    .toBuffer({ resolveWithObject: true });
  return { bytes: data, widthPx: info.width, heightPx: info.height };
}
