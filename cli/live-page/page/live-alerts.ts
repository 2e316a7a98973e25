import type { LiveAlert } from './live-facts.ts';

export function isFiring({ state }: LiveAlert): boolean {
  return state === 'firing';
}

/** The order in which people should read alerts: firing ones first, then those that page somebody, then the oldest. */
function precedence(a: LiveAlert, b: LiveAlert): number {
  return (
    Number(isFiring(b)) - Number(isFiring(a)) ||
    Number(b.severity === 'page') - Number(a.severity === 'page') ||
    Date.parse(a.since) - Date.parse(b.since)
  );
}

/** One of each name and candidate, the gravest: a budget that burns fast burns by the slower measures too. */
export function gravestOf(alerts: readonly LiveAlert[]): readonly LiveAlert[] {
  const byName = Map.groupBy(alerts.toSorted(precedence), ({ name, candidate }) => `${name}\n${candidate}`);
  return [...byName.values()].flatMap((same) => same.slice(0, 1));
}
