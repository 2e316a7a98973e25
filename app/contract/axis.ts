/** What a candidate may say on an axis. */
export type AxisValue = string | number;

/**
 * Which values an axis takes, and how they are written. `parse` and `format` are methods, so that an axis with its few choices
 * is also an axis of any values: the type checker compares the arguments of methods in both directions.
 */
export type AxisKind<V extends AxisValue = AxisValue> = {
  /** For people: `none | memory | redis`, or `a time such as 5s`. */
  readonly takes: string;
  /** All values, where there are only a few of them. */
  readonly choices?: readonly V[];
  /** Null when the text is not valid. */
  parse(text: string): V | null;
  format(value: V): string;
};

/** One thing that a candidate may choose. Its name, unique over all systems, is its key in the axes of its system. */
export type Axis<V extends AxisValue = AxisValue> = AxisKind<V> & {
  /** Under which the value is kept. */
  readonly field: string;
  readonly meaning: string;
  /** What holds where nobody says otherwise: what the service did before the axis was there. */
  readonly fallback: V;
  /** Names of the scenarios whose figures it can change. */
  readonly matters: 'all' | readonly string[];
  /** The value stands alone, in front of the others: `versioned` in `versioned:ttl=5s`. Of one axis only. */
  readonly isLeadingWord?: true;
};

export type Axes = Readonly<Record<string, Axis>>;

/** The values of some axes, by their fields. */
export type ValuesOf<A extends Axes> = {
  readonly [Name in keyof A as A[Name]['field']]: Exclude<ReturnType<A[Name]['parse']>, null>;
};

/** The values of axes on which nothing is said. */
export function fallbacksOf<A extends Axes>(axes: A): ValuesOf<A> {
  const pairs = Object.values(axes).map(({ field, fallback }) => [field, fallback] as const);
  // Each field has the fallback of its own axis, which the type checker cannot follow through pairs.
  return Object.fromEntries(pairs) as ValuesOf<A>;
}

/** Values as they are written in a candidate, by the names of their axes. */
export function writtenValues(
  axes: Axes,
  values: Readonly<Record<string, AxisValue | undefined>>,
): Readonly<Record<string, string>> {
  const pairs = Object.entries(axes).flatMap(([name, axis]) => {
    const value = values[axis.field];
    return value === undefined ? [] : [[name, axis.format(value)] as const];
  });
  return Object.fromEntries(pairs);
}
