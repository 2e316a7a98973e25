import type { PartLetter } from '../calibration-sizes.ts';

/** `incomplete`: too few experiments to say whether it holds. */
export type PartState = 'not run' | 'incomplete' | 'holds' | 'does not hold';

/** What the page says of a part. */
export type PartReport = {
  readonly part: PartLetter;
  /** What has to hold, and what was found, in a sentence each. */
  readonly asked: string;
  readonly found: string;
  readonly state: PartState;
  /** Paragraphs and tables of Markdown. */
  readonly blocks: readonly string[];
};

export function notRun(part: PartLetter, asked: string): PartReport {
  return { part, asked, found: 'not run', state: 'not run', blocks: ['Not run.'] };
}

/** The state of a part of which so many experiments of those that are asked for were run. */
export function stateOf(holds: boolean, run: number, wanted: number): PartState {
  if (run < wanted) return 'incomplete';
  return holds ? 'holds' : 'does not hold';
}

type Cell = string | number;

/** A table; the first column is of words, the others are of numbers. */
export function markdownTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) => `| ${cells.join(' | ')} |`;
  const rule = headings.map((_, column) => (column === 0 ? '---' : '---:'));
  return [headings, rule, ...rows].map(line).join('\n');
}

/** A share as a percentage. */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** A change in percent, with its sign. */
export function signed(pct: number | null, digits = 1): string {
  if (pct === null) return '–';
  return `${pct < 0 ? '−' : '+'}${Math.abs(pct).toFixed(digits)} %`;
}

export function count(found: number, of: number): string {
  return `${found} of ${of}`;
}

/** A number with its noun. */
export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
