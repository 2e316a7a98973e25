import type { AnyCandidate } from '../../app/candidates/candidate.ts';
import { valuesBySystem } from '../../app/candidates/system-values.ts';
import { serviceKind } from '../../app/contract/process-kind.ts';
import type { ProcessKind } from '../../app/contract/process-kind.ts';

/** The kinds of process that a candidate's systems ask for beside the replicas. */
export function furtherKindsOf(candidate: AnyCandidate): readonly ProcessKind[] {
  return valuesBySystem(candidate).flatMap(({ system, values }) => system.processes?.(values) ?? []);
}

/** All kinds that a world runs, the replicas first. Where another kind takes the load, replicas get theirs from it alone. */
export function kindsOfWorld(replicas: number, further: readonly ProcessKind[]): readonly ProcessKind[] {
  const takesLoad = !further.some((kind) => kind.takesLoad);
  return [{ ...serviceKind(replicas), takesLoad }, ...further];
}
