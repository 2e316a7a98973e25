import { fallbacksOf } from '../contract/axis.ts';
import type { Axis } from '../contract/axis.ts';
import { redisUses } from '../contract/system.ts';
import type { RedisUse, SystemDefinition, Systems } from '../contract/system.ts';
import { systems as all } from '../systems.ts';
import type { AnyCandidate, AnyValues } from './candidate.ts';

/** All values of a system, from those that are given. */
export function completeValues(system: SystemDefinition, given: AnyValues): AnyValues {
  return system.complete?.(given) ?? { ...fallbacksOf(system.axes), ...given };
}

type NamedAxis = readonly [name: string, axis: Axis];

const isSame = (some: AnyValues, others: AnyValues): boolean =>
  Object.entries(others).every(([field, value]) => some[field] === value);

/**
 * The axes that a text has to name, so that these values are read from it again. An axis is left out when the others imply
 * its value; the leading word never is.
 */
export function neededAxes(system: SystemDefinition, values: AnyValues): readonly NamedAxis[] {
  const pairs = Object.entries(values);
  const given = (axes: readonly NamedAxis[]): AnyValues => {
    const fields = new Set(axes.map(([, { field }]) => field));
    return Object.fromEntries(pairs.filter(([field]) => fields.has(field)));
  };
  const named = Object.entries(system.axes);
  return named.reduce<readonly NamedAxis[]>((needed, [name, { isLeadingWord }]) => {
    if (isLeadingWord === true) return needed;
    const others = needed.filter(([other]) => other !== name);
    return isSame(completeValues(system, given(others)), values) ? others : needed;
  }, named);
}

/** Each system with a candidate's values for it. */
export function valuesBySystem(
  candidate: AnyCandidate,
  systems: Systems = all,
): readonly { readonly system: SystemDefinition; readonly values: AnyValues }[] {
  return Object.entries(systems).flatMap(([name, system]) => {
    const values = candidate[name];
    return values === undefined ? [] : [{ system, values }];
  });
}

/** Names of the systems of which a candidate asks something else than what the service does by itself. */
export function askedSystems(candidate: AnyCandidate, systems: Systems = all): string[] {
  return valuesBySystem(candidate, systems)
    .filter(({ system, values }) => !isSame(completeValues(system, {}), values))
    .map(({ system }) => system.name);
}

/** What all systems of a candidate do with the Redis of its world, each once; empty: it needs none. */
export function allRedisUses(candidate: AnyCandidate): readonly RedisUse[] {
  const uses = new Set(valuesBySystem(candidate).flatMap(({ system, values }) => system.redisUses(values)));
  return redisUses.filter((use) => uses.has(use));
}

/** Whether a candidate talks to a Redis at all. */
export const needsRedis = (candidate: AnyCandidate): boolean => allRedisUses(candidate).length > 0;
