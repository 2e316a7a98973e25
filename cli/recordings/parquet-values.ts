import type { DecodedArray } from 'hyparquet';

/** Rows `from` to `from + length` of a column. */
export type Slice = { readonly values: DecodedArray; readonly from: number; readonly length: number };

/** Throws what is wrong with a value: it is no number of the column, or out of its range. */
export type Refuse = (row: number, value: unknown) => never;

const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Whole numbers that a double can say, from an int64 column. */
export function copyInt64AsDouble(
  { values, from, length }: Slice,
  to: Float64Array,
  min: number,
  refuse: Refuse,
): void {
  const halves = halvesOf(values);
  for (let row = 0; row < length; row += 1) {
    const at = from + row;
    const value =
      halves === null
        ? toDouble(values[at])
        : (halves.high[at * 2 + 1] ?? 0) * 2 ** 32 + (halves.low[at * 2] ?? 0);
    if (!(value >= min && value <= Number.MAX_SAFE_INTEGER)) refuse(row, values[at]);
    to[row] = value;
  }
}

/** The two halves of int64s that lie in one buffer: to make a bigint of each would take most of the time of reading. */
function halvesOf(values: DecodedArray): { readonly low: Uint32Array; readonly high: Int32Array } | null {
  if (!(values instanceof BigInt64Array) || !isLittleEndian) return null;
  const { buffer, byteOffset, length } = values;
  return {
    low: new Uint32Array(buffer, byteOffset, length * 2),
    high: new Int32Array(buffer, byteOffset, length * 2),
  };
}

function toDouble(value: unknown): number {
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN;
}

export function copyInt64({ values, from, length }: Slice, to: BigInt64Array, refuse: Refuse): void {
  if (values instanceof BigInt64Array) {
    to.set(values.subarray(from, from + length));
    return;
  }
  for (let row = 0; row < length; row += 1) {
    const value: unknown = values[from + row];
    if (typeof value !== 'bigint') refuse(row, value);
    to[row] = value;
  }
}

export function copyInt32(
  { values, from, length }: Slice,
  to: Uint32Array | Int16Array,
  { min, max }: { readonly min: number; readonly max: number },
  refuse: Refuse,
): void {
  for (let row = 0; row < length; row += 1) {
    const value: unknown = values[from + row];
    if (typeof value !== 'number' || value < min || value > max) refuse(row, value);
    to[row] = value;
  }
}

/** Texts as numbers; `numberOf` says -1 for one that may not be. */
export function copyTexts(
  { values, from, length }: Slice,
  to: Uint8Array | Uint16Array,
  numberOf: (text: string, row: number) => number,
  refuse: Refuse,
): void {
  for (let row = 0; row < length; row += 1) {
    const text: unknown = values[from + row];
    const number = typeof text === 'string' ? numberOf(text, row) : -1;
    if (number < 0) refuse(row, text);
    to[row] = number;
  }
}
