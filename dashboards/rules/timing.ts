/** A pair of windows over which a budget may burn this many times faster than allowed. */
export type BurnWindow = {
  readonly burn: number;
  readonly long: string;
  readonly short: string;
  /** How long the budget must burn that fast in both windows before the alert fires. */
  readonly for: string;
  readonly severity: 'page' | 'ticket';
};

/** How long things must last to be told. The same rules are made for months of operation and for runs of minutes. */
export type Timing = {
  readonly name: 'production' | 'compressed';
  /** Its rule files. Each instance of Prometheus loads those of one timing. */
  readonly files: { readonly alerts: string; readonly recordings: string };
  readonly burnWindows: readonly BurnWindow[];
  /** The window of rates. */
  readonly window: string;
  /** How far back the value lies that a present one is compared with. */
  readonly before: string;
  /** How far back the rule about metastable load looks for what is usual: ten times as far as `before`. */
  readonly history: string;
  /** How long a condition must hold before its alert fires. */
  readonly for: string;
  /** The same for an outage, which is told sooner. */
  readonly outageFor: string;
  /**
   * The same for a condition that an outage of Redis causes as well. Longer than half a window: by then more
   * than half of the commands in the window have failed, and the alert about the outage silences this one.
   * Shorter than a window: something that happens once stays visible that long, and must still fire.
   */
  readonly longFor: string;
  /**
   * How long an alert keeps firing after its condition has ended: a condition that comes and goes is one
   * alert, and one that is over at once can still be read.
   */
  readonly keepFiringFor: string;
  /** Lag of an invalidation that is too long. */
  readonly lagSeconds: number;
  /** Log that a replication slot may hold back while nobody reads it. */
  readonly slotBytes: number;
  /**
   * Log that a slot may hold back while somebody reads it: readers are late by a checkpoint or a long
   * transaction even when all is well.
   */
  readonly readSlotBytes: number;
};

/** Google's multi-window, multi-burn-rate alerts (https://sre.google/workbook/alerting-on-slos/) for a period of 30 days. */
export const production: Timing = {
  name: 'production',
  files: { alerts: 'alerts.yml', recordings: 'recording-rules.yml' },
  burnWindows: [
    { burn: 14.4, long: '1h', short: '5m', for: '2m', severity: 'page' },
    { burn: 6, long: '6h', short: '30m', for: '5m', severity: 'page' },
    { burn: 3, long: '1d', short: '2h', for: '15m', severity: 'ticket' },
    { burn: 1, long: '3d', short: '6h', for: '1h', severity: 'ticket' },
  ],
  window: '5m',
  before: '1h',
  history: '10h',
  for: '2m',
  outageFor: '1m',
  longFor: '3m',
  keepFiringFor: '10m',
  lagSeconds: 5,
  slotBytes: 256 * 2 ** 20,
  readSlotBytes: 2 ** 30,
};

/**
 * The same for a period of two hours, so that a run of minutes can spend a budget: the windows above by 1/360, but no shorter
 * than holds several scrapes and no longer than a run lasts.
 */
export const compressed: Timing = {
  name: 'compressed',
  files: { alerts: 'alerts-compressed.yml', recordings: 'recording-rules-compressed.yml' },
  burnWindows: [
    { burn: 14.4, long: '15s', short: '15s', for: '3s', severity: 'page' },
    { burn: 6, long: '60s', short: '15s', for: '5s', severity: 'page' },
    { burn: 3, long: '4m', short: '20s', for: '10s', severity: 'ticket' },
    { burn: 1, long: '5m', short: '60s', for: '15s', severity: 'ticket' },
  ],
  window: '15s',
  before: '60s',
  history: '10m',
  for: '5s',
  outageFor: '2s',
  longFor: '10s',
  keepFiringFor: '30s',
  lagSeconds: 1,
  slotBytes: 16 * 2 ** 20,
  readSlotBytes: 128 * 2 ** 20,
};

export const timings = [production, compressed] as const;

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `5m` is 300. */
export function secondsOf(duration: string): number {
  const seconds = Number.parseInt(duration, 10) * (unitSeconds[duration.at(-1) ?? ''] ?? Number.NaN);
  if (Number.isNaN(seconds)) throw new RangeError(`no duration: ${duration}`);
  return seconds;
}
