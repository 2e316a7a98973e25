import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { MetricsRegistry } from './metrics-registry.ts';

/** `/metrics` on a port of its own, so that a scrape is not among the requests that it counts. */
export function createMetricsServer(registry: MetricsRegistry): Server {
  return createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
}
