/**
 * prom-client by its parts. Its index loads a client of the Pushgateway, a cluster of processes and OpenTelemetry besides, which
 * takes twice as long as all that is used here.
 */
declare module 'prom-client/lib/counter.js' {
  export { Counter as default } from 'prom-client';
}

declare module 'prom-client/lib/gauge.js' {
  export { Gauge as default } from 'prom-client';
}

declare module 'prom-client/lib/registry.js' {
  export { Registry as default } from 'prom-client';
}

declare module 'prom-client/lib/metrics/*.js' {
  import type { OpenMetricsContentType, Registry } from 'prom-client';
  /** Exposes one or a few of the metrics that the library knows of every process. */
  const expose: (registry: Registry<OpenMetricsContentType>) => void;
  export default expose;
}
