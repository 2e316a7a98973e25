import { createWallClock } from '../../app/clock.ts';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { createLiveData } from '../live-page/live-data.ts';
import { createLivePage } from '../live-page/live-server.ts';
import type { FigureFacts } from '../live-page/page/live-facts.ts';
import { createPrometheusClient } from '../live-page/prometheus-client.ts';
import type { World } from '../worlds/world.ts';
import type { ListedFigure } from '../figures/figure-list.ts';
import { closeServer, listenPreferably } from '../stack/loopback-server.ts';
import { shareSlowestTraces } from './slowest-traces.ts';
import type { TraceReceiver } from './trace-receiver.ts';
import type { Watch } from './watch-worlds.ts';

export type LivePageOptions = {
  readonly worlds: readonly World[];
  readonly telemetry: TelemetryModeName;
  /** Of each world; null: none. */
  readonly load: { readonly scenario: string; readonly rate: number } | null;
  /** What an experiment measures in each round; none where none runs. */
  readonly figures: readonly ListedFigure[];
  readonly watch: Watch;
  readonly receiver: TraceReceiver | null;
};

const pagePort = 4_040;

/** Serves the live page of these worlds on loopback. */
export async function openLivePage({
  worlds,
  telemetry,
  load,
  figures,
  watch,
  receiver,
}: LivePageOptions): Promise<{
  readonly address: string;
  readonly close: () => Promise<void>;
}> {
  const { address: prometheus } = watch.prometheus;
  const { now } = createWallClock();
  const server = createLivePage({
    data: createLiveData(createPrometheusClient(prometheus), now),
    facts: {
      candidates: worlds.map(({ label }) => label),
      scenario: load?.scenario ?? null,
      ratePerSecond: load?.rate ?? 0,
      telemetry,
      figures: figures.map(describeFigure),
      links: [
        { name: 'Prometheus', address: prometheus },
        ...(receiver === null ? [] : [{ name: 'Traces', address: `${receiver.address}/traces` }]),
        { name: 'Alerts', address: `${prometheus}/alerts` },
        ...worlds.map((world) => ({
          name: `OpenAPI of ${world.label}`,
          address: `${world.addresses()[0]}/openapi.json`,
        })),
      ],
      traceBase: receiver === null ? null : `${receiver.address}/traces/`,
    },
    slowTraces: receiver === null ? () => [] : shareSlowestTraces(receiver.store, now),
  });
  const address = await listenPreferably(server, pagePort);
  return { address, close: () => closeServer(server) };
}

/** Its column, as in the table that the experiment ends with. */
function describeFigure({ name, meaning, unit, column, title }: ListedFigure): FigureFacts {
  return { name, meaning, unit, title: column === undefined ? title : `${column} ${title}` };
}
