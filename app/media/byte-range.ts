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
