import type { RenditionFormat } from '../contract/renditions.ts';

/** A media range of `Accept` with its weight (RFC 9110, 12.5.1); what is not one counts for nothing. */
const mediaRange =
  /^[ \t]*([\w!#$&^.+*-]+\/[\w!#$&^.+*-]+)[ \t]*(?:;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?[ \t]*$/i;
const acceptLengthMax = 1_000;

/**
 * The format of an image for a client that sends this `Accept`: webp where it is named, and not liked less
 * than JPEG. Old browsers and most tools accept anything without knowing webp, so that a wildcard names
 * nothing.
 */
export function acceptedFormatOf(accept: string | undefined): RenditionFormat {
  if (accept === undefined || accept.length > acceptLengthMax || !/webp/i.test(accept)) return 'jpeg';
  const weights = new Map<string, number>();
  for (const part of accept.split(',')) {
    const [, type, weight = '1'] = mediaRange.exec(part) ?? [];
    if (type !== undefined) weights.set(type.toLowerCase(), Number(weight));
  }
  const webp = weights.get('image/webp') ?? 0;
  const jpeg = weights.get('image/jpeg') ?? weights.get('image/*') ?? weights.get('*/*') ?? 0;
  return webp > 0 && webp >= jpeg ? 'webp' : 'jpeg';
}

/** The bytes of a representation that are asked for, both ends included. */
export type ByteRange = { readonly first: number; readonly last: number };

const oneRange = /^bytes[ \t]*=[ \t]*(\d*)-(\d*)[ \t]*$/i;

/**
 * What a `Range` header asks of `length` bytes (RFC 9110, 14.1.2). Null: all of them, which is the answer too where the header is
 * malformed, has another unit, or names several ranges, none of which a server must honour. `unsatisfiable`: none of them exists.
 */
export function byteRangeOf(header: string | undefined, length: number): ByteRange | 'unsatisfiable' | null {
  const [, from = '', to = ''] = oneRange.exec(header ?? '') ?? [];
  if (from === '' && to === '') return null;
  // Of the end.
  if (from === '') {
    const count = Math.min(Number(to), length);
    return count === 0 ? 'unsatisfiable' : { first: length - count, last: length - 1 };
  }
  const [first, last] = [Number(from), to === '' ? Infinity : Number(to)];
  if (last < first) return null;
  return first >= length ? 'unsatisfiable' : { first, last: Math.min(last, length - 1) };
}
