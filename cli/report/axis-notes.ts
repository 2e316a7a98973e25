import { namedAxes } from '../../app/candidates/format-candidate.ts';
import type { Systems } from '../../app/contract/system.ts';
import { systems as all } from '../../app/systems.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';

type Planned = Pick<ExperimentPlan, 'candidates' | 'scenario' | 'replay'>;

/** What candidates have chosen on axes that the scenario does not exercise: their figures say nothing of it. */
export function describeUnexercisedAxes(
  { candidates, scenario, replay }: Planned,
  systems: Systems = all,
): string[] {
  // What a recording asks for is not known by a name.
  if (replay !== undefined) return [];
  const axes = new Map(Object.values(systems).flatMap((system) => Object.entries(system.axes)));
  const matters = (name: string): boolean => {
    const where = axes.get(name)?.matters ?? 'all';
    return where === 'all' || where.includes(scenario);
  };
  return candidates
    .filter(({ role }) => role !== 'control')
    .flatMap(({ label, candidate }) => {
      const names = namedAxes(candidate, systems).filter((name) => !matters(name));
      const what = names.length === 1 ? 'an axis that matters' : 'axes that matter';
      return names.length === 0
        ? []
        : [
            `Not exercised: ${label} has ${names.join(' and ')}, ${what} to other scenarios than ${scenario}.`,
          ];
    });
}
