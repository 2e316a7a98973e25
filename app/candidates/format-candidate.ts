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

/** A candidate as one flat record of fields, for others to read. Of systems that are not always told, only those of which it asks something. */
export function configOf(candidate: AnyCandidate, systems: Systems = all): AnyValues {
  const asked = askedSystems(candidate, systems);
  const told = valuesBySystem(candidate, systems).filter(
    ({ system: { name, isAlwaysTold = false } }) => isAlwaysTold || asked.includes(name),
  );
  return Object.fromEntries(told.flatMap(({ values }) => Object.entries(values)));
}
