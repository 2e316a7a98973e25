/**
 * A stock of things of which each may be used up once. Which one a use takes follows from its pass and its number in the pass, so that
 * it needs no memory of the ones before: there is room for `span` / (pass + 1) uses in each pass. So one pass may have `span`, or `span`
 * passes one each, or anything between. A use beyond that finds nothing left.
 */
export function reserveSize(span: number): number {
  return placesBefore(span, span);
}

/** The place of what a use takes, counted from 0; null: the reserve has ended. `number`: of the use in its pass, counted from 0. */
export function reservedPlace(span: number, pass: number, number: number): number | null {
  return pass >= passesWith(span, number) ? null : placesBefore(span, number) + pass;
}

/** Passes that have room for more than `number` uses. */
function passesWith(span: number, number: number): number {
  return Math.floor(span / (number + 1));
}

function placesBefore(span: number, number: number): number {
  let places = 0;
  for (let earlier = 0; earlier < number; earlier += 1) places += passesWith(span, earlier);
  return places;
}
