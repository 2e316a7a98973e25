import { configOf } from '../../app/candidates/format-candidate.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { Scenario, ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import { CommandError } from '../errors.ts';
import type { NamedCandidate } from './named-candidates.ts';

/**
 * Refuses a candidate that would answer everything that a scenario asks with 404, so that nothing could be
 * compared.
 */
export function requireAnswered(name: ScenarioName, candidates: readonly NamedCandidate[]): void {
  const { answeredWith }: Scenario = scenarios[name];
  if (answeredWith === undefined) return;
  const { axis, without } = answeredWith;
  const mute = candidates.find(({ candidate }) => (configOf(candidate)[axis] ?? without) === without);
  if (mute === undefined) return;
  throw new CommandError(
    'usage',
    `"${mute.label}" has ${axis}=${without}, and ${name} asks what only a ${axis} answers.`,
    {
      remedy: `Name candidates, and a --baseline of a comparison, with another ${axis}; see: darkroom list axes`,
    },
  );
}
