import type { Place, Schedule } from '../../loadtests/workloads/schedule.ts';
import { sentAtUs } from './sent-requests.ts';
import type { SentRequest } from './sent-requests.ts';

type Sent = { readonly arrival: number; readonly place: Place; readonly sent: SentRequest };

/** When a pass began as far as its samples tell: where the lattice's first place would be, and when its first request was sent. */
type PassStart = { readonly offsetUs: number; readonly firstSentUs: number };

/**
 * When arrivals were planned, on the clock of the samples. k6 does not say when its schedule began to better than a
 * millisecond; nothing is sent before its time, so that the least late request of a pass tells. An arrival that k6 dropped took
 * no index: those after it come one place later than the schedule says.
 */
export function createPlannedTimes(schedule: Schedule, periodUs: number) {
  const droppedAtUs: number[] = [];
  const learnt: (PassStart | undefined)[] = [];
  const unshiftedUs = (arrival: number, place: Place): number =>
    (schedule.latticeMs(arrival) + schedule.displacementMs(place)) * 1000;
  const earlier = (start: PassStart | undefined, toldUs: number, sentUs: number): PassStart => ({
    offsetUs: Math.min(start?.offsetUs ?? Infinity, toldUs),
    firstSentUs: Math.min(start?.firstSentUs ?? Infinity, sentUs),
  });

  /** Places in the lattice, for ascending arrivals: the drops since the pass began have taken places before them. */
  const createPlaces = ({ offsetUs, firstSentUs }: PassStart): ((arrival: number) => number) => {
    const drops = droppedAtUs.filter((us) => us >= firstSentUs).toSorted((a, b) => a - b);
    let passed = 0;
    return (arrival) => {
      const at = () => offsetUs + schedule.latticeMs(arrival) * 1000 + passed * periodUs;
      // k6 stamps a dropped arrival a little after its place in the lattice.
      while (passed < drops.length && (drops[passed] as number) < at() + periodUs) passed += 1;
      return at();
    };
  };
  const lastKnown = (scheduled: number): PassStart | undefined =>
    learnt.slice(0, scheduled + 1).findLast((start) => start !== undefined);
  return {
    drop(timestampUs: number, count: number): void {
      for (let each = 0; each < count; each += 1) droppedAtUs.push(timestampUs);
    },
    dropped: () => droppedAtUs.length,
    learn(scheduled: number, arrival: number, place: Place, sentUs: number): void {
      learnt[scheduled] = earlier(learnt[scheduled], sentUs - unshiftedUs(arrival, place), sentUs);
    },
    /** When an arrival of a pass has its place in the lattice, as far as the samples so far tell; null before the first one. */
    latticeUs(scheduled: number, arrival: number): number | null {
      const start = lastKnown(scheduled);
      return start === undefined ? null : createPlaces(start)(arrival);
    },
    /** Drops that took places between the first arrival of a pass and a time. */
    droppedSince(scheduled: number, toUs: number): number {
      const before = scheduled === 0 ? undefined : lastKnown(scheduled - 1);
      const { from } = schedule.arrivalsOf(scheduled);
      const beganUs = before === undefined ? -Infinity : createPlaces(before)(from - 1) + periodUs;
      return droppedAtUs.filter((us) => us >= beganUs && us < toUs).length;
    },
    /** The places in the lattice and planned starts of a pass's arrivals, which are given in their order. */
    of(all: readonly Sent[]): { readonly latticeUs: number; readonly plannedUs: number }[] {
      // What k6 tells of a request that opened its connection may lie before its planned time.
      const sure = all.filter(({ sent }) => sent.openingUs === 0);
      const start = (sure.length === 0 ? all : sure).reduce<PassStart | undefined>(
        (known, { arrival, place, sent }) =>
          earlier(known, sentAtUs(sent) - unshiftedUs(arrival, place), sentAtUs(sent)),
        undefined,
      );
      if (start === undefined) return [];
      const placeUs = createPlaces(start);
      return all.map(({ arrival, place }) => {
        const latticeUs = placeUs(arrival);
        return { latticeUs, plannedUs: latticeUs + schedule.displacementMs(place) * 1000 };
      });
    },
  };
}
