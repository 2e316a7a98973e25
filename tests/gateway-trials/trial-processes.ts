import { startServiceProcess } from '../support/service-process.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import { createMetadataClient } from './metadata-client.ts';
import type { MetadataClient } from './metadata-client.ts';

/** A leader and its gateways, each a process of its own, with clients of the gateways. */
export type TrialProcesses = {
  /** Of gateways that hear the leader as soon as it speaks. */
  readonly prompt: readonly MetadataClient[];
  /** Of gateways that hear it late. */
  readonly late: readonly MetadataClient[];
  stop(): Promise<void>;
};

export type TrialProcessSettings = {
  readonly databaseUrl: string;
  /** Of each of the two sorts. */
  readonly gateways: number;
  readonly lateByMs: number;
};

export async function startTrialProcesses({
  databaseUrl,
  gateways,
  lateByMs,
}: TrialProcessSettings): Promise<TrialProcesses> {
  const token = crypto.randomUUID();
  const started: ServiceProcess[] = [];
  const start = (kind: string, own: Readonly<Record<string, string>> = {}): ServiceProcess => {
    const environment = {
      DARKROOM_CANDIDATE: `no-cache:gateway=consistent,gateways=${gateways},records=100`,
      DARKROOM_TELEMETRY: 'off',
      DARKROOM_LOG_LEVEL: 'error',
      DARKROOM_LAB_MODE: '1',
      DARKROOM_LAB_TOKEN: token,
      DARKROOM_GATEWAY_TOKEN: token,
      DATABASE_URL: databaseUrl,
      ...own,
    };
    const process = startServiceProcess(environment, `processes/${kind}.ts`);
    started.push(process);
    return process;
  };
  const clientOf = async ({ listening }: ServiceProcess): Promise<MetadataClient> =>
    createMetadataClient(`http://127.0.0.1:${(await listening).http}`, token);
  const startAll = (own?: Readonly<Record<string, string>>): Promise<MetadataClient[]> =>
    Promise.all(Array.from({ length: gateways }, () => clientOf(start('gateway', own))));
  const clients: MetadataClient[] = [];
  const stop = async (): Promise<void> => {
    for (const client of clients) client.close();
    await Promise.all(started.map((process) => process.stop()));
  };
  try {
    await start('leader').listening;
    const prompt = await startAll();
    const late = await startAll({ DARKROOM_LAB_STREAM_DELAY_MS: String(lateByMs) });
    clients.push(...prompt, ...late);
    return { prompt, late, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
