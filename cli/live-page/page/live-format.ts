import type { Unit } from './live-facts.ts';

/** A value in its unit. What is missing is never written as 0. */
export function formatValue(unit: Unit, value: number | null | undefined): string {
  if (value === null || value === undefined) return 'n/a';
  switch (unit) {
    case 'seconds':
      if (value >= 1) return `${value.toFixed(2)} s`;
      return `${(value * 1000).toFixed(value < 0.01 ? 2 : 1)} ms`;
    case 'share':
      return `${(value * 100).toFixed(1)} %`;
    case 'per-second':
      return `${value.toFixed(value < 10 ? 1 : 0)} /s`;
    case 'ratio':
      return value.toFixed(2);
  }
}

/** The same on an axis, where a tick is a round number. */
export function formatTick(unit: Unit, value: number): string {
  const round = (number: number): string => String(Math.round(number * 1000) / 1000);
  switch (unit) {
    case 'seconds':
      return value >= 1 ? `${round(value)} s` : `${round(value * 1000)} ms`;
    case 'share':
      return `${round(value * 100)} %`;
    case 'per-second':
      return `${round(value)} /s`;
    case 'ratio':
      return round(value);
  }
}

/** The time of day as 20:37:05: always of the same width, whatever language the browser has. */
export function clockTime(seconds: number): string {
  const digits = '2-digit';
  return new Date(seconds * 1000).toLocaleTimeString('en-GB', {
    hour: digits,
    minute: digits,
    second: digits,
    hourCycle: 'h23',
  });
}

/** A round of an experiment in words. */
export function nameOfRound(round: number): string {
  return round === 0 ? 'shake-down' : `round ${round}`;
}
