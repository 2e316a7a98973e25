import type { Systems } from '../contract/system.ts';
import { systems as all } from '../systems.ts';
import type { AnyCandidate, AnyValues } from './candidate.ts';
import { askedSystems, valuesBySystem } from './system-values.ts';

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
