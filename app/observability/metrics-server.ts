import type { Server } from 'node:http';
import { http } from '../node-http.ts';
import type { MetricsRegistry } from './metrics-registry.ts';

/** `/metrics` on a port of its own, so that a scrape is not among the requests that it counts. */
export function createMetricsServer(
  registry: MetricsRegistry,
  beforeScrape: () => Promise<void> = async () => {},
): Server {
  return http.createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    beforeScrape()
      .then(() => registry.metrics())
      .then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
  });
}
