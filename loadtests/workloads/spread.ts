/**
 * How requests that come unevenly lie in an even schedule: it is cut into stretches of as many places each, and every stretch holds its
 * requests at even distances. A schedule with more places than requests so follows a load that swells and ebbs.
 */
export type Spread = {
  readonly placesPerStretch: number;
  /** How many requests each stretch holds, in their order: at most as many as it has places. */
  readonly requests: readonly number[];
};

type Spreadable = { readonly requests: number; readonly spread?: Spread };

/** The places that a pass takes in the schedule. */
export function placesOf({ requests, spread }: Spreadable): number {
  return spread === undefined ? requests : spread.requests.length * spread.placesPerStretch;
}

/** Which request of a pass a place holds, counted from 0; null: none. */
export type RequestOfPlace = (place: number) => number | null;

export function createRequestOfPlace(pass: Spreadable): RequestOfPlace {
  const { spread } = pass;
  if (spread === undefined) return (place) => (place < pass.requests ? place : null);
  const { placesPerStretch } = spread;
  const before: number[] = [];
  let sum = 0;
  for (const requests of spread.requests) {
    before.push(sum);
    sum += requests;
  }
  return (place) => {
    const stretch = Math.floor(place / placesPerStretch);
    const held = spread.requests[stretch] ?? 0;
    const within = place % placesPerStretch;
    // The first request that does not stand before this place.
    const request = Math.ceil((within * held) / placesPerStretch);
    const isHere = request < held && Math.floor((request * placesPerStretch) / held) === within;
    return isHere ? (before[stretch] ?? 0) + request : null;
  };
}
