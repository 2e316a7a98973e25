/** What became of a recording's requests that could not be sent as they were. All are counts of requests, but for the identifiers. */
export type ReplayLosses = {
  /**
   * Requests that were left out, by operation, since they need more than a recording has, such as a session
   * or a password.
   */
  readonly leftOut: ReadonlyMap<string, number>;
  /**
   * How many objects of the recording became photos, and how many people became people, by first appearance.
   * Null: identifiers mean what they meant.
   */
  readonly numbered: { readonly photos: number; readonly people: number } | null;
  /** Requests for what the seeded database does not hold; something that it holds was asked for instead. */
  readonly elsewhere: number;
  /** Writes that became a new caption, since nothing may pile up or go away that is asked for again. */
  readonly captions: number;
};

const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;

/** In sentences, for the notes of a result. */
export function describeLosses(
  losses: ReplayLosses,
  {
    requests,
    people,
    isForeign,
    isSpread,
  }: {
    readonly requests: number;
    readonly people: number;
    readonly isForeign: boolean;
    /** Over the second that is all that is known of their times. */
    readonly isSpread: boolean;
  },
): string[] {
  const { leftOut, numbered, elsewhere, captions } = losses;
  const names = [...leftOut].map(([operation, times]) => `${operation} (${times.toLocaleString('en-US')})`);
  const all = [...leftOut.values()].reduce((sum, times) => sum + times, 0);
  return [
    ...(isForeign
      ? [
          'Each read of the recording was sent as the page of a photo, which reads several things from the caches, all of them of other sizes and lifetimes than what was recorded: hit ratios here are those of the pages, and no simulated one stands beside them.',
        ]
      : []),
    ...(isSpread
      ? [
          'The recording knows whole seconds only: what happened within one was sent evenly over it, in its order.',
        ]
      : []),
    ...(numbered === null
      ? []
      : [
          `Replayed by first appearance: ${count(numbered.photos, 'object')} became seeded photos, ${count(numbered.people, 'viewer')} became ${numbered.people === 1 ? 'a person' : 'people'}${numbered.people > people ? `, of whom there are ${people}` : ''}. Their sizes, their classes and who follows whom are those of the seeded database, not those that were recorded.`,
        ]),
    ...(captions === 0
      ? []
      : [
          `${count(captions, 'write')} of ${count(requests, 'request')} became new captions of the photos: they invalidate as any write does, and nothing piles up.`,
        ]),
    ...(elsewhere === 0
      ? []
      : [
          `${count(elsewhere, 'request')} of ${count(requests, 'request')} asked for what the seeded database does not hold, and were sent for something that it does.`,
        ]),
    ...(all === 0
      ? []
      : [
          `Left out: ${count(all, 'request')} that cannot be sent again from what a recording has: ${names.join(', ')}.`,
        ]),
  ];
}
