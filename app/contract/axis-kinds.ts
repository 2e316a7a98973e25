import type { AxisKind } from './axis.ts';

type Choice<C extends string> = AxisKind<C> & { readonly choices: readonly C[] };

/** One of a few texts. */
export function choice<const C extends string>(choices: readonly C[]): Choice<C> {
  return {
    takes: choices.join(' | '),
    choices,
    parse: (text) => choices.find((one) => one === text) ?? null,
    format: String,
  };
}

/** A name of a list. */
export function choiceOf<L extends Readonly<Record<string, unknown>>>(
  list: L,
): Choice<Extract<keyof L, string>> {
  // The lists that candidates choose from are literals, so their keys are the keys of their types.
  return choice(Object.keys(list) as Extract<keyof L, string>[]);
}

export function number(least: number, most: number): AxisKind<number> {
  return {
    takes: `a number from ${least} to ${most}`,
    parse(text) {
      const isPlain = /^(\d+(\.\d+)?|\.\d+)$/.test(text);
      return isPlain && Number(text) >= least && Number(text) <= most ? Number(text) : null;
    },
    format: String,
  };
}

export function wholeNumber(least: number, most: number): AxisKind<number> {
  return {
    takes: `a whole number from ${least} to ${most}`,
    parse: (text) => (/^\d+$/.test(text) ? number(least, most).parse(text) : null),
    format: String,
  };
}

type Units = Readonly<Record<string, number>>;

const timeUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const byteUnits = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** A number with its unit, as a whole number of the smallest one. Null outside the bounds, too. */
function parseUnits(text: string, units: Units, least: number, most: number): number | null {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(text);
  const unit = units[match?.[2] ?? ''];
  if (match === null || unit === undefined) return null;
  const value = Number(match[1]) * unit;
  return value >= least && value <= most && Number.isInteger(value) ? value : null;
}

/** In the largest unit of which it is a whole number. */
function formatUnits(value: number, units: Units): string {
  const fitting = Object.entries(units).filter(([, size]) => value % size === 0);
  const [name, size] = fitting.at(-1) ?? (Object.entries(units)[0] as [string, number]);
  return `${value / size}${name}`;
}

/** In milliseconds. */
export const duration: AxisKind<number> = {
  takes: 'a time such as 500ms, 5s or 2m, at most 24h',
  parse: (text) => parseUnits(text, timeUnits, 1, 24 * timeUnits.h),
  format: (value) => formatUnits(value, timeUnits),
};

/** In milliseconds; 0 is off. */
export const durationOrOff: AxisKind<number> = {
  takes: `off, or ${duration.takes}`,
  parse: (text) => (text === 'off' ? 0 : duration.parse(text)),
  format: (value) => (value === 0 ? 'off' : duration.format(value)),
};

export const formatBytes = (value: number): string => formatUnits(value, byteUnits);

/** In bytes. `example` is for people. */
export function size(leastBytes: number, example: string): AxisKind<number> {
  return {
    takes: `a size such as ${example}, at least ${formatBytes(leastBytes)} and at most 4GiB`,
    parse: (text) => parseUnits(text, byteUnits, leastBytes, 4 * byteUnits.GiB),
    format: formatBytes,
  };
}
