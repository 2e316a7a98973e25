/** The most spans of time that overlap at once; null without any. */
export function peakOverlap(spans: readonly (readonly [from: number, to: number])[]): number | null {
  if (spans.length === 0) return null;
  const edges = spans.flatMap(([from, to]) => [
    { at: from, change: 1 },
    { at: to, change: -1 },
  ]);
  edges.sort((a, b) => a.at - b.at || a.change - b.change);
  let now = 0;
  let peak = 0;
  for (const { change } of edges) {
    now += change;
    peak = Math.max(peak, now);
  }
  return peak;
}
