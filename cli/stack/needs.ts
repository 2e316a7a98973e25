import { CommandError } from '../errors.ts';

/** What an experiment is about to start. */
export type Demand = {
  readonly worlds: readonly {
    readonly hasRedis: boolean;
    readonly hasChangeStream: boolean;
    /** Processes beside the replicas. */
    readonly furtherProcesses: number;
    /** What servers that these run keep in memory; absent: nothing. */
    readonly keptBytes?: number;
    /** Processes that a driver sends its requests to. */
    readonly targets: number;
  }[];
  /** Of each world. */
  readonly replicas: number;
  /** Connections to PostgreSQL that one process opens at most, as the service's settings say. */
  readonly poolSize: number;
  /** Of one k6. */
  readonly virtualUsers: number;
  /** How many of the worlds one k6 asks. */
  readonly worldsOfDriver: number;
};

/** How much of everything that takes. */
export type Needs = {
  readonly connections: number;
  readonly replicationSlots: number;
  readonly redises: number;
  readonly memoryBytes: number;
  /** Of the embedded PostgreSQL. */
  readonly diskBytes: number;
  /** Open files of k6, and of one replica. */
  readonly driverFiles: number;
  readonly replicaFiles: number;
};

/** How much is to be had; null where nobody knows, which refuses nothing. */
export type Room = {
  readonly connections: number | null;
  readonly replicationSlots: number | null;
  readonly memoryBytes: number | null;
  /** Where the embedded PostgreSQL keeps its data. */
  readonly diskBytes: number | null;
  /** Of one process. */
  readonly openFiles: number | null;
};

/** Something that is needed, and how much of it there is. */
export type Need = {
  readonly what: string;
  readonly unit: '' | 'MB';
  readonly wanted: number;
  readonly available: number | null;
  /** What the user can do about a shortage of it, worded to follow "or". */
  readonly remedy: string;
  /** Whether it helps to ask for fewer replicas. */
  readonly dependsOnReplicas: boolean;
};

/** Something of which there is too little. */
export type Shortage = Need & { readonly available: number };

const megabyte = 2 ** 20;
/** Rough sizes of warm processes: what the kernel counts for each, shared pages divided. */
const memory = {
  process: 130 * megabyte,
  redis: 30 * megabyte,
  /** The embedded PostgreSQL's shared buffers, which fill while it works. */
  postgres: 256 * megabyte,
  postgresConnection: 5 * megabyte,
  driver: 100 * megabyte,
  virtualUser: 0.6 * megabyte,
  /** Between a virtual user and a target: buffers of k6, of the kernel twice, and of Node. */
  driverConnection: 0.03 * megabyte,
};
/** Rough sizes of the largest profile: an empty cluster with its log, and a seeded database. */
const disk = { cluster: 200 * megabyte, world: 60 * megabyte };
/** One connection reads which CPU time the backends of PostgreSQL have used (`postgres-cpu.ts`). */
const samplerConnections = 1;
/** Connections that make and drop databases, and that of the exporter. */
const reservedConnections = 10;
/** Of these, what is needed while the load runs. */
const makingConnections = 2;
/** Scripts, pipes, logs and whatever else a process has open besides its connections. */
const otherDriverFiles = 200;
const otherReplicaFiles = 100;

/** What is needed for it: rough, and rather too much than too little. */
export function needsOf({ worlds, replicas, poolSize, virtualUsers, worldsOfDriver }: Demand): Needs {
  const sum = (count: (world: Demand['worlds'][number]) => number): number =>
    worlds.reduce((all, world) => all + count(world), 0);
  const processes = worlds.length * replicas + sum(({ furtherProcesses }) => furtherProcesses);
  const targetsMax = Math.max(0, ...worlds.map(({ targets }) => targets));
  const streams = worlds.filter(({ hasChangeStream }) => hasChangeStream).length * replicas;
  const redises = worlds.filter(({ hasRedis }) => hasRedis).length;
  // Each replica has one more connection, by which it hears of changed rights. For a few replicas the
  // reserved ones are enough.
  const others = Math.max(reservedConnections, worlds.length * replicas + makingConnections);
  const connections = processes * poolSize + streams + samplerConnections + others;
  const driverConnections = virtualUsers * sum(({ targets }) => targets);
  return {
    connections,
    replicationSlots: streams,
    redises,
    memoryBytes: Math.ceil(
      processes * memory.process +
        redises * memory.redis +
        sum(({ keptBytes = 0 }) => keptBytes) +
        memory.postgres +
        connections * memory.postgresConnection +
        memory.driver +
        virtualUsers * memory.virtualUser +
        driverConnections * memory.driverConnection,
    ),
    // One more than worlds: they are cloned from the template, which is a database of the same size.
    diskBytes: disk.cluster + (worlds.length + 1) * disk.world,
    driverFiles: virtualUsers * worldsOfDriver * targetsMax + otherDriverFiles,
    replicaFiles: virtualUsers + poolSize + otherReplicaFiles,
  };
}

/** Everything that is needed, beside what there is. */
export function listNeeds(needs: Needs, room: Room): readonly Need[] {
  const { connections, replicationSlots, openFiles, memoryBytes, diskBytes } = room;
  const inMegabytes = (bytes: number | null) => (bytes === null ? null : Math.floor(bytes / megabyte));
  // One limit for every process: the one that needs most says how far it must be raised.
  const files = Math.max(needs.driverFiles, needs.replicaFiles);
  const raiseFiles = `raise the limit of open files to ${files} (ulimit -n ${files}; where that is refused, its hard limit, as root or in the settings of the container)`;
  return [
    {
      what: 'connections to PostgreSQL',
      unit: '',
      wanted: needs.connections,
      available: connections,
      remedy: 'raise max_connections of your PostgreSQL',
      dependsOnReplicas: true,
    },
    {
      what: 'replication slots of PostgreSQL',
      unit: '',
      wanted: needs.replicationSlots,
      available: replicationSlots,
      remedy: 'set wal_level=logical and raise max_replication_slots and max_wal_senders of your PostgreSQL',
      dependsOnReplicas: true,
    },
    {
      what: 'of free memory',
      unit: 'MB',
      wanted: Math.ceil(needs.memoryBytes / megabyte),
      available: inMegabytes(memoryBytes),
      remedy: 'end other programs',
      dependsOnReplicas: true,
    },
    {
      what: 'of free disk space',
      unit: 'MB',
      wanted: Math.ceil(needs.diskBytes / megabyte),
      available: inMegabytes(diskBytes),
      remedy: 'free some space where the data lie (.darkroom/outside.json names the folder)',
      dependsOnReplicas: false,
    },
    {
      what: 'open files of k6',
      unit: '',
      wanted: needs.driverFiles,
      available: openFiles,
      remedy: raiseFiles,
      dependsOnReplicas: true,
    },
    {
      what: 'open files of a replica',
      unit: '',
      wanted: needs.replicaFiles,
      available: openFiles,
      remedy: raiseFiles,
      dependsOnReplicas: false,
    },
  ];
}

/** Everything of which less is to be had than is needed. */
export function checkNeeds(needs: Needs, room: Room): Shortage[] {
  return listNeeds(needs, room).flatMap((need) => {
    const { available, wanted } = need;
    return available !== null && wanted > available ? [{ ...need, available }] : [];
  });
}

/** "12 replication slots of PostgreSQL (4 to be had)" */
function sayShortage({ what, unit, wanted, available }: Shortage): string {
  const amount = (count: number) => (unit === '' ? `${count}` : `${count} ${unit}`);
  return `${amount(wanted)} ${what} (${amount(available)} to be had)`;
}

/** What can be done about all of them, each thing once. */
function remedyOf(shortages: readonly Shortage[]): string {
  const helpsToAskForLess = shortages.some(({ dependsOnReplicas }) => dependsOnReplicas);
  const others = [...new Set(shortages.map(({ remedy }) => remedy))].join(', and ');
  const less = helpsToAskForLess
    ? 'fewer candidates, fewer --replicas or a lower --rate'
    : 'fewer candidates or a lower --rate';
  return `Ask for ${less}; or ${others}.`;
}

/** What is told to somebody who asked for more than there is. */
export function refusalOf(shortages: readonly Shortage[]): CommandError {
  const parts = shortages.map(sayShortage);
  return new CommandError('cannotProvision', `This needs more than there is: ${parts.join('; ')}.`, {
    remedy: remedyOf(shortages),
  });
}
