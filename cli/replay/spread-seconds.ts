const second = 1_000_000;

/** Whether a recording knows whole seconds only, as access logs do: what happened within one has an order and no distance. */
export function areWholeSeconds(timesUs: readonly number[]): boolean {
  return timesUs.length > 1 && timesUs.every((us) => us % second === 0);
}

/** The same times, each second's evenly over that second. All at its beginning would be bursts that nobody saw. */
export function spreadSeconds(timesUs: readonly number[]): number[] {
  const spread: number[] = [];
  for (let first = 0; first < timesUs.length;) {
    const own = timesUs[first] ?? 0;
    let next = first + 1;
    while (timesUs[next] === own) next += 1;
    const count = next - first;
    for (let index = 0; index < count; index += 1) spread.push(own + Math.floor((index * second) / count));
    first = next;
  }
  return spread;
}
