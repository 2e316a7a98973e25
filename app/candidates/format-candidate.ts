import type { Systems } from '../contract/system.ts';
import { systems as all } from '../systems.ts';
import type { AnyCandidate, AnyValues } from './candidate.ts';
import { askedSystems, neededAxes, valuesBySystem } from './system-values.ts';

/** What a candidate's text says, in its parts. */
function partsOf(candidate: AnyCandidate, systems: Systems) {
  return valuesBySystem(candidate, systems).flatMap(({ system, values }) =>
    neededAxes(system, values).flatMap(([name, { field, format, isLeadingWord = false }]) => {
      const value = values[field];
      return value === undefined ? [] : [{ name, text: format(value), isLeadingWord }];
    }),
  );
}

/**
 * The text that all spellings of a candidate have in common: the leading word, and the axes whose values do not follow from
 * the others. Read again, it gives the same candidate.
 */
export function formatCandidate(candidate: AnyCandidate, systems: Systems = all): string {
  const parts = partsOf(candidate, systems);
  const words = parts.filter(({ isLeadingWord }) => isLeadingWord).map(({ text }) => text);
  const pairs = parts
    .filter(({ isLeadingWord }) => !isLeadingWord)
    .map(({ name, text }) => `${name}=${text}`);
  return [...words, ...(pairs.length === 0 ? [] : [pairs.join(',')])].join(':');
}

/** Names of the axes that a candidate's text has to name, but for the leading word. */
export function namedAxes(candidate: AnyCandidate, systems: Systems = all): string[] {
  return partsOf(candidate, systems)
    .filter(({ isLeadingWord }) => !isLeadingWord)
    .map(({ name }) => name);
}

/** Whether candidates are told apart by its word: such a system is always told of. */
const hasLeadingWord = (systems: Systems, name: string): boolean =>
  Object.values(systems[name]?.axes ?? {}).some(({ isLeadingWord }) => isLeadingWord === true);

/** A candidate as one flat record of fields, for others to read. Of further systems, only those of which it asks something. */
export function configOf(candidate: AnyCandidate, systems: Systems = all): AnyValues {
  const asked = askedSystems(candidate, systems);
  const told = valuesBySystem(candidate, systems).filter(
    ({ system: { name } }) => hasLeadingWord(systems, name) || asked.includes(name),
  );
  return Object.fromEntries(told.flatMap(({ values }) => Object.entries(values)));
}
