/** What is known of a replay at some speed: requests per second and candidate. */
export type RatesAtSpeed = {
  readonly rate: number;
  /** In the two seconds that have the most. */
  readonly peakRate: number;
};

/** Two seconds of a faster replay hold more of the recording, whose peaks then weigh less: a few corrections are enough. */
const correctionsMax = 4;

/**
 * The highest speed at which no two seconds of a replay ask for more than a rate, beginning with that of the average; where they still do after
 * all corrections, `peakRate` says so. `ratesAt` plans a replay at a speed, at last at the one that is returned.
 */
export async function speedForRate(
  wanted: number,
  own: RatesAtSpeed,
  ratesAt: (speed: number) => Promise<RatesAtSpeed>,
): Promise<Pick<RatesAtSpeed, 'peakRate'> & { readonly speed: number }> {
  let speed = threeDigits(wanted / own.rate);
  let { peakRate } = await ratesAt(speed);
  for (let correction = 0; peakRate > wanted && correction < correctionsMax; correction += 1) {
    speed = threeDigits(speed * (wanted / peakRate));
    ({ peakRate } = await ratesAt(speed));
  }
  return { speed, peakRate };
}

/** Rounded down: the wanted rate is the most. */
function threeDigits(value: number): number {
  const digit = 10 ** (Math.floor(Math.log10(value)) - 2);
  return Number((Math.floor(value / digit) * digit).toPrecision(3));
}
