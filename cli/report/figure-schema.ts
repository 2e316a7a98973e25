import { figures, isAlwaysThere } from '../figures/figure-list.ts';
import { NumberOrNull } from './measured-schema.ts';
import type { OneOrMore } from './measured-schema.ts';

/** Values by the names of figures; those of a system that no candidate asks for are absent. */
export type FigureValues = Readonly<Record<string, number | null>>;

function describe(meaning: string, unit: string): string {
  return unit === '' ? meaning : `${meaning} (${unit})`;
}

export const FigureValuesSchema = {
  type: 'object',
  required: figures.filter(isAlwaysThere).map(({ name }) => name) as OneOrMore<string>,
  properties: Object.fromEntries(
    figures.map(({ name, meaning, unit }) => [
      name,
      { ...NumberOrNull, description: describe(meaning, unit) },
    ]),
  ),
} as const;
