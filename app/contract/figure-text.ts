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
