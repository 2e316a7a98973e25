import type { LoadTargets } from '../../loadtests/workloads/run-settings.ts';
import type { World } from './world.ts';

/** Whom a driver asks that puts load on these worlds. */
export function loadTargetsOf(
  worlds: readonly Pick<World, 'addresses' | 'addressesPastEdge'>[],
): LoadTargets {
  const replicasPastEdges = worlds.map((world) => world.addressesPastEdge());
  const hasEdges = replicasPastEdges.some((replicas) => replicas.length > 0);
  return { worlds: worlds.map((world) => world.addresses()), ...(hasEdges && { replicasPastEdges }) };
}
