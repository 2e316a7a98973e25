import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { figures } from '../figures/figure-list.ts';
import { NumberOrNull } from './measured-schema.ts';

/** Values by the names of figures; those of a system that no candidate asks for are absent. */
export type FigureValues = Readonly<Record<string, number | null>>;

function describe(meaning: string, unit: string): string {
  return unit === '' ? meaning : `${meaning} (${unit})`;
}

const properties = Object.fromEntries(
  figures.map(({ name, meaning, unit, system }): [string, TSchema] => {
    const value = Type.Union([...NumberOrNull.anyOf], { description: describe(meaning, unit) });
    return [name, system === null || system === 'cache' ? value : Type.Optional(value)];
  }),
);

export const FigureValuesSchema = Type.Unsafe<FigureValues>(Type.Object(properties));
