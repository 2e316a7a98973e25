import { needsOfPlan } from '../experiment/needs-of-plan.ts';
import { planExperiment } from '../experiment/plan-experiment.ts';
import { listNeeds } from '../stack/needs.ts';
import type { Need, Needs, Room } from '../stack/needs.ts';
import type { Trial } from '../stack/trial.ts';

/** What `darkroom compare` needs when nothing else is said. */
export function needsOfDefaultPlan(): Needs {
  return needsOfPlan(
    planExperiment([], {
      scenario: 'feed-browsing',
      profile: 'demo',
      pacing: 'together',
      replicas: 2,
      seed: 1,
      telemetry: 'metrics',
    }),
  );
}

const nothingKnown: Room = {
  connections: null,
  replicationSlots: null,
  memoryBytes: null,
  diskBytes: null,
  openFiles: null,
};

/** Counts what the default comparison needs and what there is: of the things whose amount is known. */
export function countNeeds(part: string, room: Partial<Room>): Trial[] {
  return listNeeds(needsOfDefaultPlan(), { ...nothingKnown, ...room })
    .filter(({ wanted, available }) => wanted > 0 && available !== null)
    .map((need) => trialOf(part, need));
}

function trialOf(part: string, { what, unit, wanted, available, remedy }: Need): Trial {
  const isEnough = available === null || available >= wanted;
  const amount = (count: number | null) => `${count}${unit === '' ? '' : ` ${unit}`}`;
  return {
    part,
    tried: `count ${what.replace(/^of /, '').replace(/ (to|of) PostgreSQL$/, '')}`,
    result: isEnough ? 'ok' : 'failed',
    said: `${amount(wanted)} needed, ${amount(available)} to be had`,
    remedy: isEnough ? '' : `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.`,
  };
}
