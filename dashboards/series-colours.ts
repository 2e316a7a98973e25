/** The colours of the tiers, by their names: each tier answers a part of the reads. */
const tierColours = {
  memory: '#2f80c8',
  redis: '#c4701a',
} as const;

/**
 * The colours of what a chart may show in parts, on every board and on the live page: a part keeps its own, whatever else is shown
 * beside it. Each stands out from the light ground and from the dark one.
 */
export const partColours = {
  ...tierColours,
  stale: '#9b62cf',
  joined: '#2e9370',
  load: '#d6524a',
  bypass: '#7d858c',
} as const;

export type Part = keyof typeof partColours;

export const tierParts = Object.keys(tierColours) as (keyof typeof tierColours)[];
export const parts = Object.keys(partColours) as Part[];

/** The colour of a part; null for a name that is no part, which takes the colour of its place. */
export function colourOf(name: string): string | null {
  const part = parts.find((one) => one === name);
  return part === undefined ? null : partColours[part];
}
