/** How values of figures are written in tables. */
export const milliseconds = (ms: number): string =>
  `${ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2)} ms`;

export const fixed =
  (digits: number) =>
  (value: number): string =>
    value.toFixed(digits);

/** A share from 0 to 1, without the sign, which stands over the column. */
export const percent =
  (digits: number) =>
  (share: number): string =>
    (share * 100).toFixed(digits);

/** What there is little of in one request. */
export function perThousand(value: number): string {
  const thousand = value * 1_000;
  return thousand === 0 ? '0' : thousand.toFixed(thousand < 10 ? 1 : 0);
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes in the largest unit of which there is at least one, with one digit behind the point where there is little of it. */
export function binarySize(bytes: number): string {
  let unit = 0;
  let text = oneDigit(bytes);
  // By what is written, so that a little less than a unit is not written as 1024 of the next smaller one.
  for (; Number(text) >= 1_024 && unit < byteUnits.length - 1; text = oneDigit(bytes / 1_024 ** unit))
    unit += 1;
  return `${text} ${byteUnits[unit]}`;
}

function oneDigit(value: number): string {
  const text = value.toFixed(value < 100 ? 1 : 0);
  return text.endsWith('.0') ? text.slice(0, -2) : text;
}

/** How many there are, about: `870`, `12 thousand`, `3.4 million`. */
export function aboutSoMany(count: number): string {
  if (count < 1_000) return String(Math.round(count));
  return count < 999_500 ? `${Math.round(count / 1_000)} thousand` : `${(count / 1e6).toFixed(1)} million`;
}
