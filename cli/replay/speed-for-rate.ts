/** What is known of a replay at some speed: requests per second and candidate. */
export type RatesAtSpeed = {
  readonly rate: number;
  /** In the two seconds that have the most. */
  readonly peakRate: number;
};

/**
 * How often the speed is corrected at most. Two seconds of a faster replay hold more of the recording, so
 * that its peaks weigh less: a few corrections are enough.
 */
const correctionsMax = 4;

/**
 * The highest speed at which no two seconds of a replay ask for more than a rate. The first guess is the
 * speed that brings the average to that rate; where the peak is still higher after all corrections,
 * `peakRate` says so. `ratesAt` plans a replay at a speed; its last call is for the speed that is returned.
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

/** Rounds down to three digits, since the wanted rate is an upper bound. */
function threeDigits(value: number): number {
  const digit = 10 ** (Math.floor(Math.log10(value)) - 2);
  return Number((Math.floor(value / digit) * digit).toPrecision(3));
}
