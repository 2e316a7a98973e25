import { entityNameOf } from '../keys.ts';
import type { ClassPolicies } from '../settings/class-policies.ts';
import type { InvalidationSteps } from './write-steps.ts';

/** The steps of writes, which pass over what a policy lets live until its lifetime ends. The same where none does. */
export function stepsOfWrites(steps: InvalidationSteps, policies: ClassPolicies): InvalidationSteps {
  const spared = new Set(
    [...policies].flatMap(([name, { invalidation }]) => (invalidation === 'ttl' ? [name] : [])),
  );
  if (spared.size === 0) return steps;
  const others = <Key extends { readonly entity: { readonly name: string } }>(keys: readonly Key[]) =>
    keys.filter(({ entity }) => !spared.has(entity.name));
  return {
    invalidate: (changed) => steps.invalidate(others(changed)),
    invalidateAhead: (expected) => steps.invalidateAhead(others(expected)),
    refill: (changed) => steps.refill(others(changed)),
    removeChanged: async (key, version) => spared.has(entityNameOf(key)) || steps.removeChanged(key, version),
  };
}
