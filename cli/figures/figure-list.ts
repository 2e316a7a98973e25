import type { Figure } from '../../app/contract/figure.ts';
import type { Systems } from '../../app/contract/system.ts';
import { systems } from '../../app/systems.ts';
import { cpuFigures } from './cpu-figures.ts';
import { responseFigures } from './response-figures.ts';

/** A figure with the system that it is of; null: it is the experiment's own. */
export type ListedFigure = Figure & { readonly system: string | null };

const ofExperiment = (figures: readonly Figure[]): ListedFigure[] =>
  figures.map((figure) => ({ ...figure, system: null }));

/** Every figure, in the order of tables. */
export const figures: readonly ListedFigure[] = [
  ...ofExperiment(responseFigures),
  ...Object.values(systems).flatMap(({ name: system, figures: own }) =>
    own.map((figure) => ({ ...figure, system })),
  ),
  ...ofExperiment(cpuFigures),
];

const definitions: Systems = systems;

/** Whether every result has it, whatever the candidates ask for. */
export const isAlwaysThere = ({ system }: ListedFigure): boolean =>
  system === null || definitions[system]?.isAlwaysTold === true;

const byName: ReadonlyMap<string, ListedFigure> = new Map(figures.map((figure) => [figure.name, figure]));

/** Undefined for what another version may have measured. */
export function findFigure(name: string): ListedFigure | undefined {
  return byName.get(name);
}

/** Throws a RangeError for a name that nobody has checked. */
export function figureNamed(name: string): ListedFigure {
  const found = findFigure(name);
  if (found === undefined) throw new RangeError(`not the name of a figure: ${name}`);
  return found;
}
