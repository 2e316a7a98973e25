/**
 * The units of panels, by their names in Grafana, and the least value up to which the axis of each reaches:
 * so a line of zeros lies on the ground of its panel, and a threshold above it. Null where the axis is fixed,
 * or there is none.
 */
export const softMaxima = {
  s: 0.001,
  percentunit: 0.01,
  reqps: 1,
  ops: 1,
  short: 1,
  bytes: 1_024,
  Bps: 1_024,
  /** From no (0) to yes (1). */
  bool_yes_no: null,
  /** Of tables: labels stand as they are, though they look like numbers; columns of values have units of their own. */
  string: null,
} as const satisfies Record<string, number | null>;

export type BoardUnit = keyof typeof softMaxima;

/** A threshold that lies lower on an axis without greater values cannot be told from its ground. */
export const thresholdShareMin = 0.05;
