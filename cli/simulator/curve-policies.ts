import { evictionPolicies } from '../../app/cache/eviction/index.ts';
import type { EvictionName } from '../../app/cache/eviction/index.ts';
import { oneOf } from '../one-of.ts';

/** The policies that `--curve` names. */
export function curvePoliciesIn(text: string): readonly EvictionName[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set(names)].map((name) => oneOf('eviction policy', name, policyNames));
}

const isPolicy = (name: string): name is EvictionName => Object.hasOwn(evictionPolicies, name);
const policyNames = Object.keys(evictionPolicies).filter(isPolicy);
