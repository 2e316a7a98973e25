import { CommandError } from '../errors.ts';

/** What an experiment is about to start. */
export type Demand = {
  readonly worlds: readonly { readonly hasRedis: boolean; readonly hasChangeStream: boolean }[];
  /** Of each world. */
  readonly replicas: number;
  /** Connections to PostgreSQL that one replica opens at most, as the service's settings say. */
  readonly poolSize: number;
  /** Of k6, which asks all worlds. */
  readonly virtualUsers: number;
};

/** How much of everything that takes. */
export type Needs = {
  readonly connections: number;
  readonly replicationSlots: number;
  readonly memoryBytes: number;
  /** Open files of k6, and of one replica. */
  readonly driverFiles: number;
  readonly replicaFiles: number;
};

/** How much is to be had; null where nobody knows, which refuses nothing. */
export type Room = {
  readonly connections: number | null;
  readonly replicationSlots: number | null;
  readonly memoryBytes: number | null;
  /** Of one process. */
  readonly openFiles: number | null;
};

/** Something of which there is too little. */
export type Shortage = {
  readonly what: string;
  readonly unit: '' | 'MB';
  readonly wanted: number;
  readonly available: number;
  readonly remedy: string;
};

const megabyte = 2 ** 20;
/** Rough sizes of warm processes: what the kernel counts for each, shared pages divided. */
const memory = {
  replica: 130 * megabyte,
  redis: 30 * megabyte,
  /** The embedded PostgreSQL's shared buffers, which fill while it works. */
  postgres: 256 * megabyte,
  postgresConnection: 5 * megabyte,
  driver: 100 * megabyte,
  virtualUser: 0.13 * megabyte,
  /** Between a virtual user and a replica: buffers of k6, of the kernel twice, and of Node. */
  driverConnection: 0.03 * megabyte,
};
/** For the one that reads the CPU of backends. */
const samplerConnections = 1;
/** For making and dropping databases, and for the exporter. */
const reservedConnections = 10;
/** Scripts, pipes, logs and whatever else a process has open besides its connections. */
const otherDriverFiles = 200;
const otherReplicaFiles = 100;

/** What is needed for it: rough, and rather too much than too little. */
export function needsOf({ worlds, replicas, poolSize, virtualUsers }: Demand): Needs {
  const replicasInAll = worlds.length * replicas;
  const streams = worlds.filter(({ hasChangeStream }) => hasChangeStream).length * replicas;
  const redises = worlds.filter(({ hasRedis }) => hasRedis).length;
  const connections = replicasInAll * poolSize + streams + samplerConnections + reservedConnections;
  const driverConnections = virtualUsers * replicasInAll;
  return {
    connections,
    replicationSlots: streams,
    memoryBytes: Math.ceil(
      replicasInAll * memory.replica +
        redises * memory.redis +
        memory.postgres +
        connections * memory.postgresConnection +
        memory.driver +
        virtualUsers * memory.virtualUser +
        driverConnections * memory.driverConnection,
    ),
    driverFiles: driverConnections + otherDriverFiles,
    replicaFiles: virtualUsers + poolSize + otherReplicaFiles,
  };
}

const askForLess = 'Compare fewer candidates or take fewer --replicas';

/** Everything of which less is to be had than is needed. */
export function checkNeeds(needs: Needs, room: Room): Shortage[] {
  const shortages: Shortage[] = [];
  const check = (
    what: string,
    wanted: number,
    available: number | null,
    remedy: string,
    unit: Shortage['unit'] = '',
  ) => {
    if (available !== null && wanted > available) shortages.push({ what, unit, wanted, available, remedy });
  };
  const { connections, replicationSlots, openFiles, memoryBytes } = room;
  const raiseFiles = (wanted: number) =>
    `Raise the limit by "ulimit -n ${wanted}", or ask for a lower --rate.`;
  check(
    'connections to PostgreSQL',
    needs.connections,
    connections,
    `${askForLess}, or raise max_connections of your PostgreSQL.`,
  );
  check(
    'replication slots of PostgreSQL',
    needs.replicationSlots,
    replicationSlots,
    `${askForLess}, or raise max_replication_slots and max_wal_senders of your PostgreSQL.`,
  );
  check(
    'of free memory',
    Math.ceil(needs.memoryBytes / megabyte),
    memoryBytes === null ? null : Math.floor(memoryBytes / megabyte),
    `${askForLess}, or end other programs.`,
    'MB',
  );
  check('open files of k6', needs.driverFiles, openFiles, raiseFiles(needs.driverFiles));
  check('open files of a replica', needs.replicaFiles, openFiles, raiseFiles(needs.replicaFiles));
  return shortages;
}

/** What is told to somebody who asked for more than there is. */
export function refusalOf(shortages: readonly Shortage[]): CommandError {
  const parts = shortages.map(({ what, unit, wanted, available }) => {
    const amount = (count: number) => (unit === '' ? `${count}` : `${count} ${unit}`);
    return `${amount(wanted)} ${what} (${amount(available)} to be had)`;
  });
  const remedies = new Set(shortages.map(({ remedy }) => remedy));
  return new CommandError('cannotProvision', `This needs more than there is: ${parts.join('; ')}.`, {
    remedy: [...remedies].join(' '),
  });
}
