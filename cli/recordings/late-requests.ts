/** For people: what was left out of a recording; null: nothing. A line that is written at the end of a request tells when it began. */
export function describeLate(late: number): string | null {
  if (late === 0) return null;
  const what = `${late.toLocaleString('en-US')} ${late === 1 ? 'request' : 'requests'}`;
  return `Left out: ${what} that ended minutes after others that began later.`;
}
