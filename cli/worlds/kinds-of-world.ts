import type { AnyCandidate } from '../../app/candidates/candidate.ts';
import { askedSystems, valuesBySystem } from '../../app/candidates/system-values.ts';
import { serviceKind } from '../../app/contract/process-kind.ts';
import type { ProcessKind } from '../../app/contract/process-kind.ts';

/**
 * The kinds of process that a candidate's systems ask for beside the replicas. `compared`: all candidates of its experiment; where one
 * of them asks for a system, its witnesses look at all of them. Where nothing is compared, nobody looks: what witnesses do is load.
 */
export function furtherKindsOf(
  candidate: AnyCandidate,
  compared: readonly AnyCandidate[] = [],
): readonly ProcessKind[] {
  const asked = new Set(compared.flatMap((one) => askedSystems(one)));
  return valuesBySystem(candidate).flatMap(({ system, values }) => [
    ...(system.processes?.(values) ?? []),
    ...(asked.has(system.name) ? (system.witnesses ?? []) : []),
  ]);
}

/** All kinds that a world runs, the replicas first. Where another kind takes the load, replicas get theirs from it alone. */
export function kindsOfWorld(replicas: number, further: readonly ProcessKind[]): readonly ProcessKind[] {
  const takesLoad = !further.some((kind) => kind.takesLoad);
  return [{ ...serviceKind(replicas), takesLoad }, ...further];
}
