/** What a mode of telemetry makes, and of which libraries it makes spans beside the service's own. */
export type TelemetryMode = {
  readonly metrics: boolean;
  /** `some`: of the requests that the caller marks, or one in a hundred. */
  readonly traces: 'none' | 'some' | 'all';
  /** `stores`: ioredis and pg. `everything`: whatever OpenTelemetry's bundle for Node knows, by OpenTelemetry's own SDK. */
  readonly libraries: 'none' | 'stores' | 'everything';
  /** Variables of OpenTelemetry that a process of this mode is started with. */
  readonly environment: Readonly<Record<string, string>>;
  /** One line for lists. */
  readonly summary: string;
};

/** How much the service tells of itself. What it costs is in docs/benchmarks.md. */
export const telemetryModes = {
  off: {
    metrics: false,
    traces: 'none',
    libraries: 'none',
    environment: {},
    summary: 'nothing but CPU time: what the others are measured against',
  },
  metrics: {
    metrics: true,
    traces: 'none',
    libraries: 'none',
    environment: {},
    summary: 'metrics only: what compare uses',
  },
  trace1: {
    metrics: true,
    traces: 'some',
    libraries: 'none',
    environment: {},
    summary: 'metrics, and spans of one request in a hundred: daily use',
  },
  trace100: {
    metrics: true,
    traces: 'all',
    libraries: 'none',
    environment: {},
    summary: 'metrics, and spans of every request',
  },
  deep: {
    metrics: true,
    traces: 'all',
    libraries: 'stores',
    environment: {},
    summary: 'as trace100, with the spans of the clients of Redis and PostgreSQL',
  },
  auto: {
    metrics: true,
    traces: 'all',
    libraries: 'everything',
    // Its own defaults leave out what a caller has not marked, which is nearly all of a load; queue and delay are as ours.
    environment: {
      OTEL_TRACES_SAMPLER: 'always_on',
      OTEL_BSP_SCHEDULE_DELAY: '1000',
      OTEL_BSP_MAX_QUEUE_SIZE: '4096',
    },
    summary:
      "as deep, by OpenTelemetry's own SDK and bundle for Node as its guide sets them up: to show their price",
  },
} as const satisfies Record<string, TelemetryMode>;

export type TelemetryModeName = keyof typeof telemetryModes;

/** Of the requests that nobody marks, this share is traced in the modes that trace some. */
export const tracedShare = 0.01;
