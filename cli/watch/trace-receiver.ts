import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { telemetryModes } from '../../app/contract/telemetry-modes.ts';
import type { TraceStore } from '../traces/trace-store.ts';
import { closeServer, listenPreferably } from '../stack/loopback-server.ts';

/** Takes the spans of the replicas and keeps the last of them. */
export type TraceReceiver = {
  readonly address: string;
  readonly store: TraceStore;
  readonly close: () => Promise<void>;
};

/** Where OTLP over HTTP is expected. */
const otlpPort = 4_318;
/**
 * Room for the last minutes. A request of feed-browsing is 4.3 spans of 450 bytes: 300,000 spans are the last four minutes of two
 * candidates at 150 requests/s of which all are traced, and hours where one in a hundred is.
 */
const bytesMax = 128 * 2 ** 20;

/** Null in the modes without spans. */
export async function openTraceReceiver(mode: TelemetryModeName): Promise<TraceReceiver | null> {
  if (telemetryModes[mode].traces === 'none') return null;
  // What reads spans is loaded only where there are any.
  const { createTraceSink } = await import('../traces/trace-sink.ts');
  const { createTraceStore } = await import('../traces/trace-store.ts');
  const store = createTraceStore(bytesMax);
  const server = createTraceSink(store);
  const address = await listenPreferably(server, otlpPort);
  return { address, store, close: () => closeServer(server) };
}
