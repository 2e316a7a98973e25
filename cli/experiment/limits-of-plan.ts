import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import { requirePlannable } from '../k6/request-plans.ts';
import { CommandError } from '../errors.ts';
import { roundsMin } from '../statistics/spread-of-rounds.ts';
import type { Pacing } from './records.ts';

/** Requests of one round, or of one block in turns: they are kept in memory until it ends, and a million take 900 MB. */
const arrivalsMax = 1_000_000;

/** What of a plan decides over memory. */
type Limited = {
  readonly scenario: ScenarioName;
  readonly pacing: Pacing;
  readonly candidates: readonly unknown[];
  readonly rate: number;
  readonly rounds: number | null;
  readonly timeLimitSeconds: number | null;
  readonly settleSeconds: number;
  readonly measureSeconds: number;
  readonly warmUpSeconds: number;
  readonly photos: number;
};

/** Refuses, before anything starts, what would take memory without a bound; says how much can be had. */
export function requireBoundedMemory(plan: Limited): void {
  const { pacing, candidates, rate, measureSeconds, settleSeconds, warmUpSeconds } = plan;
  const isTogether = pacing === 'together';
  const perSecond = rate * (isTogether ? candidates.length : 1);
  const longest = Math.floor(arrivalsMax / perSecond);
  requireSeconds('--measure', measureSeconds, longest - (isTogether ? 0 : settleSeconds));
  if (!isTogether) requireSeconds('--warm-up', warmUpSeconds, longest);
  requirePlannable(requestsOfRounds(plan), plan.photos, scenarios[plan.scenario].mix);
}

function requireSeconds(option: string, wanted: number, most: number): void {
  if (wanted <= most) return;
  throw new CommandError(
    'usage',
    `${option} ${wanted} is too long at this rate: its requests are held in memory until it has ended.`,
    { remedy: `Take ${option} ${most} at most, and more --rounds; or a lower --rate.` },
  );
}

/** What one k6 is asked for at most. */
function requestsOfRounds({ pacing, rate, rounds, timeLimitSeconds, measureSeconds }: Limited): number {
  if (pacing === 'turns') return rate * measureSeconds;
  const wanted = rounds ?? Math.max(roundsMin, Math.ceil((timeLimitSeconds ?? 0) / measureSeconds));
  return rate * measureSeconds * wanted;
}
