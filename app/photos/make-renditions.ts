import sharp from 'sharp';
import { renditionEdges, wholeEdge } from '../contract/renditions.ts';
import type { RenditionEdge, RenditionFormat } from '../contract/renditions.ts';
import type { Pixels } from './decode-photo.ts';

/** One picture of a photo, encoded. */
export type Rendition = {
  readonly edge: RenditionEdge;
  readonly format: RenditionFormat;
  readonly bytes: Buffer;
};

const jpegQuality = 80;
const webpQuality = 75;
/** Of 0 to 6. The usual 4 takes four times the CPU, and wins a tenth of the bytes. */
const webpEffort = 0;

const imageOf = ({ data, widthPx, heightPx }: Pixels) =>
  sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 }, limitInputPixels: false });

const encoders: Readonly<Record<RenditionFormat, (pixels: Pixels) => Promise<Buffer>>> = {
  jpeg: (pixels) => imageOf(pixels).jpeg({ quality: jpegQuality }).toBuffer(),
  webp: (pixels) => imageOf(pixels).webp({ quality: webpQuality, effort: webpEffort }).toBuffer(),
};

/** The whole picture as a JPEG, whose digest names the photo. */
export const encodeWhole = encoders.jpeg;

/**
 * Every rendition but the whole JPEG, of pixels that are decoded once: each is scaled down from the next larger one, and where
 * that is small enough already, it is the same picture.
 */
export async function makeRenditions(whole: Pixels, wholeJpeg: Buffer): Promise<readonly Rendition[]> {
  const renditions: Rendition[] = [];
  let pixels = whole;
  let encoded = { jpeg: wholeJpeg, webp: await encoders.webp(whole) };
  renditions.push({ edge: wholeEdge, format: 'webp', bytes: encoded.webp });
  for (const edge of renditionEdges.filter((one) => one < wholeEdge).toReversed()) {
    const longestPx = Math.max(whole.widthPx, whole.heightPx);
    if (longestPx > edge) {
      pixels = await scaleTo(pixels, whole, edge / longestPx);
      encoded = { jpeg: await encoders.jpeg(pixels), webp: await encoders.webp(pixels) };
    }
    renditions.push({ edge, format: 'jpeg', bytes: encoded.jpeg });
    renditions.push({ edge, format: 'webp', bytes: encoded.webp });
  }
  return renditions;
}

/** Scales pixels to a part of the whole picture's size, of which they are a larger part. */
async function scaleTo(pixels: Pixels, whole: Pixels, part: number): Promise<Pixels> {
  const [width, height] = [whole.widthPx, whole.heightPx].map((px) => Math.max(1, Math.round(px * part)));
  const { data, info } = await imageOf(pixels)
    .resize({ width, height, fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, widthPx: info.width, heightPx: info.height };
}
