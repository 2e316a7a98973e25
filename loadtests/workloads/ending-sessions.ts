import { streams, uint32At } from './counter-random.ts';
import type { PopulationSize } from './population-size.ts';
import { reservedPlace, reserveSize } from './reserve.ts';

/**
 * Sessions that are there to be ended, beside the one that everybody has all the time. A load cannot use the token that a log-in brings:
 * a request knows no answer to another one, and is the same for every candidate. To the service these are what a log-in has made,
 * since no replica remembers them until they are used.
 */
const spanMax = 2_000;
const sessionsPerPerson = 4;

type Size = Pick<PopulationSize, 'seed' | 'people'>;

const spanOf = ({ people }: Pick<Size, 'people'>): number => Math.min(spanMax, sessionsPerPerson * people);

/** How many there are: 16,000 for 500 people or more. */
export const endingSessionCount = (size: Pick<Size, 'people'>): number => reserveSize(spanOf(size));

/** Whose session it is: everybody has some. */
export function ownerOfSession({ seed, people }: Size, session: number): number {
  return 1 + (uint32At(seed, 6, streams.endingSessions, session) % people);
}

/** Which one ends, by the number of the ending in its pass, counted from 0; null: all have ended. */
export function endingSessionOf(size: Pick<Size, 'people'>, pass: number, ending: number): number | null {
  return reservedPlace(spanOf(size), pass, ending);
}
