import type { Counter, Figure } from './figure.ts';
import { perThousand } from './figure-text.ts';

/** The smallest difference of work that matters: once in a hundred requests. */
const workMargin = (): number => 0.01;

/** What a system did beside answering, counted per request: what tells apart candidates of the same latency. */
export function workFigure<const Name extends string>(
  name: Name,
  title: string,
  from: Counter,
  meaning: string,
  column?: string,
): Figure & { readonly name: Name } {
  return {
    ...{ name, title, from, meaning, unit: 'per request', per: 'request', scale: 'plain', better: 'less' },
    margin: workMargin,
    write: perThousand,
    table: 'work',
    shows: 'where-any',
    ...(column === undefined ? {} : { column }),
  };
}
