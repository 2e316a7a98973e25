import { closest, distance } from 'fastest-levenshtein';
import { CommandError } from './errors.ts';

/** `text` when it is one of `choices`; otherwise a usage error that lists them and suggests the nearest. */
export function oneOf<T extends string>(what: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const nearest = closest(text, choices);
  const suggestion =
    distance(text, nearest) <= Math.max(2, text.length * 0.4) ? ` Did you mean "${nearest}"?` : '';
  throw new CommandError('usage', `There is no ${what} "${text}".${suggestion}`, {
    remedy: `Valid: ${choices.join(', ')}.`,
  });
}
