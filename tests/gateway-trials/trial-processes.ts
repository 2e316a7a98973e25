import { createLeaseStore } from '../../app/gateway/lease-store.ts';
import { createStorage } from '../../app/storage/postgres.ts';
import { startServiceProcess } from '../support/service-process.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import { createMetadataClient } from './metadata-client.ts';
import type { Leaders } from './disturb-leaders.ts';
import type { MetadataClient } from './metadata-client.ts';

/** A leader and its gateways, each a process of its own, with clients of the gateways. */
export type TrialProcesses = {
  /** Of gateways that hear the leader as soon as it speaks. */
  readonly prompt: readonly MetadataClient[];
  /** Of gateways that hear it late. */
  readonly late: readonly MetadataClient[];
  /** Those that may lead: one does. */
  readonly leaders: Leaders;
  stop(): Promise<void>;
};

export type TrialProcessSettings = {
  readonly databaseUrl: string;
  /** Of each of the two sorts. */
  readonly gateways: number;
  readonly lateByMs: number;
};

const leadersAtFirst = 2;
/** Short, so that a trial meets many of those who lead after one another. */
const leaseMs = 1_000;

export async function startTrialProcesses({
  databaseUrl,
  gateways,
  lateByMs,
}: TrialProcessSettings): Promise<TrialProcesses> {
  const token = crypto.randomUUID();
  const started: ServiceProcess[] = [];
  const start = (kind: string, own: Readonly<Record<string, string>> = {}): ServiceProcess => {
    const environment = {
      DARKROOM_CANDIDATE: `no-cache:gateway=consistent,gateways=${gateways},leaders=${leadersAtFirst},records=100`,
      DARKROOM_TELEMETRY: 'off',
      DARKROOM_LOG_LEVEL: 'error',
      DARKROOM_LAB_MODE: '1',
      DARKROOM_LAB_TOKEN: token,
      DARKROOM_GATEWAY_TOKEN: token,
      DARKROOM_GATEWAY_LEASE_MS: String(leaseMs),
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
  const startAnother = (): ServiceProcess => start('leader');
  const storage = createStorage(databaseUrl, 1, () => {});
  const { find } = createLeaseStore(storage);
  const clients: MetadataClient[] = [];
  const stop = async (): Promise<void> => {
    for (const client of clients) client.close();
    await Promise.all(started.map((process) => process.stop()));
    await storage.close();
  };
  try {
    const atFirst = Array.from({ length: leadersAtFirst }, startAnother);
    await Promise.all(atFirst.map(({ listening }) => listening));
    const prompt = await startAll();
    const late = await startAll({ DARKROOM_LAB_STREAM_DELAY_MS: String(lateByMs) });
    clients.push(...prompt, ...late);
    return { prompt, late, leaders: { atFirst, startAnother, find }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
