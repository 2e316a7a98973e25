/** What failed, and all that is known about it. */
export type Failure = { readonly title: string; readonly text: string };

/** What a step of the test command found. A check counts as one test. */
export type Outcome = {
  readonly passed: number;
  /** What was skipped, with the reason where one was given. */
  readonly skipped: readonly string[];
  readonly failures: readonly Failure[];
};

export function addOutcomes(outcomes: readonly Outcome[]): Outcome {
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    skipped: outcomes.flatMap(({ skipped }) => skipped),
    failures: outcomes.flatMap(({ failures }) => failures),
  };
}

/** The plain last line that scripts read: `12 passed, 0 failed, 1 skipped`. */
export function describeOutcome({ passed, skipped, failures }: Outcome): string {
  return `${passed} passed, ${failures.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`;
}

/** What was skipped, a line each: the same test may be made for many candidates. */
export function describeSkipped({ skipped }: Outcome): string {
  const lines = [...Map.groupBy(skipped, (what) => what)].map(([what, all]) =>
    all.length === 1 ? `  ${what}` : `  ${what}, ${all.length} times`,
  );
  return `Skipped:\n${lines.join('\n')}`;
}

/** A run that tested nothing has not shown anything. */
export function isGreen({ passed, failures }: Outcome): boolean {
  return failures.length === 0 && passed > 0;
}
