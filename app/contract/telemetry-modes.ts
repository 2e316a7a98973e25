/** What a mode of telemetry makes, and of which libraries it makes spans beside the service's own. */
export type TelemetryMode = {
  readonly metrics: boolean;
  /** `some`: of the requests that the caller marks, or one in a hundred. */
  readonly traces: 'none' | 'some' | 'all';
  /** `stores`: ioredis and pg. `everything`: OpenTelemetry's whole bundle for Node. */
  readonly libraries: 'none' | 'stores' | 'everything';
  /** One line for lists. */
  readonly summary: string;
};

/** How much the service tells of itself. What it costs is in docs/benchmarks.md. */
export const telemetryModes = {
  off: {
    metrics: false,
    traces: 'none',
    libraries: 'none',
    summary: 'nothing but CPU time: what the others are measured against',
  },
  metrics: { metrics: true, traces: 'none', libraries: 'none', summary: 'metrics only: what compare uses' },
  trace1: {
    metrics: true,
    traces: 'some',
    libraries: 'none',
    summary: 'metrics, and spans of one request in a hundred: daily use',
  },
  trace100: {
    metrics: true,
    traces: 'all',
    libraries: 'none',
    summary: 'metrics, and spans of every request',
  },
  deep: {
    metrics: true,
    traces: 'all',
    libraries: 'stores',
    summary: 'as trace100, with the spans of the clients of Redis and PostgreSQL',
  },
  auto: {
    metrics: true,
    traces: 'all',
    libraries: 'everything',
    summary: "as deep, with OpenTelemetry's whole bundle for Node: for debugging, and to show its price",
  },
} as const satisfies Record<string, TelemetryMode>;

export type TelemetryModeName = keyof typeof telemetryModes;

/** Of the requests that nobody marks, this share is traced in the modes that trace some. */
export const tracedShare = 0.01;
