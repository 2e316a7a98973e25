/** Half-life scale of interest in a photo, from the views of Flickr photos over their first 50 days (derived). */
const ageScaleHours = 2.1;
/** Views are modelled up to this age. */
export const ageSpanHours = 1_200;

/** How much a photo is asked for at an age, against a new one. */
export function ageWeight(ageHours: number): number {
  return 1 / (1 + ageHours / ageScaleHours);
}

/** Share of the views of the first 50 days that fall below an age. */
export function viewsUpTo(ageHours: number): number {
  return Math.log(1 + ageHours / ageScaleHours) / Math.log(1 + ageSpanHours / ageScaleHours);
}

/** The age of a view, from a number in [0, 1): the inverse of `viewsUpTo`. */
export function ageOfView(u: number): number {
  return ageScaleHours * ((1 + ageSpanHours / ageScaleHours) ** u - 1);
}
