/** Figures of response time that a verdict can rest on. `request`: the same-request change. */
export const primaryMetrics = ['request', 'p50', 'p95', 'p99', 'mean'] as const;
export type PrimaryMetric = (typeof primaryMetrics)[number];
