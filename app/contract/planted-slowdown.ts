/** A slowdown of known size, for experiments that must find it: every n-th request takes that much longer. */
export type PlantedSlowdown = {
  readonly every: number;
  /** Share of the time that the request takes without it; 4 makes it five times as long, 0 runs the same code and burns nothing. */
  readonly by: number;
};

export const slowdownForm = 'every=N,by=P%, such as every=10,by=400%';
/** A request that takes ten seconds is given up by everybody: a hundred times longer is more than enough. */
const pctMax = 10_000;

/** Reads the form above; null when the text is not in it. */
export function parseSlowdown(text: string): PlantedSlowdown | null {
  const [, every = '', pct = ''] = /^every=([1-9]\d{0,5}),by=(\d{1,5}(?:\.\d{1,3})?)%$/.exec(text) ?? [];
  const slowdown = { every: Number(every), by: Number(pct) / 100 };
  return slowdown.every >= 1 && Number(pct) <= pctMax ? slowdown : null;
}
