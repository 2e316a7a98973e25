import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { telemetryModes } from '../../app/contract/telemetry-modes.ts';
import { createTraceSink } from '../traces/trace-sink.ts';
import { createTraceStore } from '../traces/trace-store.ts';
import type { TraceStore } from '../traces/trace-store.ts';
import { closeServer, listenPreferably } from './loopback-server.ts';

/** Takes the spans of the replicas and keeps the last of them. */
export type TraceReceiver = {
  readonly address: string;
  readonly store: TraceStore;
  readonly close: () => Promise<void>;
};

/** Where OTLP over HTTP is expected. */
const otlpPort = 4_318;
/** About a kilobyte each; with every request traced, the last minute or two. */
const spansMax = 60_000;

/** Null in the modes without spans. */
export async function openTraceReceiver(mode: TelemetryModeName): Promise<TraceReceiver | null> {
  if (telemetryModes[mode].traces === 'none') return null;
  const store = createTraceStore(spansMax);
  const server = createTraceSink(store);
  const address = await listenPreferably(server, otlpPort);
  return { address, store, close: () => closeServer(server) };
}
