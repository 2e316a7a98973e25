import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ReadOutcome } from '../../app/cache/cache.ts';
import { forkBound } from './bound-fork.ts';
import type { FromReplica, ReplicaPlace, ToReplica } from './replica-messages.ts';

/** A load that has read its row and waits to be answered. */
export type WaitingLoad = { readonly replica: string; release(): void };

/** The rows of a test, and the loads and commits of its processes. */
export type ParentStorage = {
  versionOf(id: number): number;
  /** The names of the replicas that have loaded, in order. */
  readonly loads: string[];
  /** The next load waits when it has read its row. Resolves with it. */
  holdNextLoad(): Promise<WaitingLoad>;
  /** The next commit is done and its process is not told. Resolves when it is done. */
  loseNextCommit(): Promise<void>;
  answer(
    replica: string,
    message: Extract<FromReplica, { kind: 'load' | 'commit' }>,
    reply: (version: number) => void,
  ): void;
};

export function createParentStorage(): ParentStorage {
  const versions = new Map<number, number>();
  const loads: string[] = [];
  const holders: ((load: WaitingLoad) => void)[] = [];
  const losers: (() => void)[] = [];
  const versionOf = (id: number) => versions.get(id) ?? 1;
  const commit = (id: number, reply: (version: number) => void): void => {
    versions.set(id, versionOf(id) + 1);
    const lose = losers.shift();
    if (lose === undefined) reply(versionOf(id));
    else lose();
  };
  return {
    versionOf,
    loads,
    holdNextLoad() {
      const { promise, resolve } = Promise.withResolvers<WaitingLoad>();
      holders.push(resolve);
      return promise;
    },
    loseNextCommit() {
      const { promise, resolve } = Promise.withResolvers<void>();
      losers.push(resolve);
      return promise;
    },
    answer(replica, { kind, id }, reply) {
      if (kind === 'commit') return commit(id, reply);
      const version = versionOf(id);
      loads.push(replica);
      const hold = holders.shift();
      if (hold === undefined) return reply(version);
      hold({ replica, release: () => reply(version) });
    },
  };
}

/** A process with a cache of its own. */
export type ReplicaProcess = {
  /** Reads the row so many times at once. */
  read(
    id: number,
    times?: number,
  ): Promise<{ readonly versions: readonly number[]; readonly outcome: ReadOutcome | null }>;
  write(id: number): Promise<number>;
  /** What its bus told of itself, in order. */
  readonly deliveries: string[];
  /** SIGKILL: it has no time for anything. */
  kill(): Promise<void>;
};

export type ReplicaProcesses = {
  /** Resolves when the cache is connected. The process is another one's that does not need it any more, if there is one. */
  start(place: ReplicaPlace, storage: ParentStorage): Promise<ReplicaProcess>;
  /** Closes the cache of one that lives. Its process waits for the next one. */
  release(replica: ReplicaProcess): Promise<void>;
  end(): Promise<void>;
};

type Program = { readonly child: ChildProcess; readonly ended: Promise<unknown>; kill(): Promise<void> };

export function createReplicaProcesses(): ReplicaProcesses {
  const used = new Map<ReplicaProcess, Opened>();
  const all: Program[] = [];
  const idle: Program[] = [];
  const startNew = (): Program => {
    const program = startProgram();
    all.push(program);
    return program;
  };
  return {
    async start(place, storage) {
      const opened = await openCache(idle.pop() ?? startNew(), place, storage);
      used.set(opened.replica, opened);
      return opened.replica;
    },
    async release(replica) {
      const { program, close } = used.get(replica) ?? {};
      used.delete(replica);
      if (program !== undefined && (await close?.()) === true) idle.push(program);
    },
    async end() {
      await Promise.all(all.map((program) => program.kill()));
    },
  };
}

function startProgram(): Program {
  const child = forkBound(new URL('replica-process.ts', import.meta.url), {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  const ended = once(child, 'exit');
  return {
    child,
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

type Opened = {
  readonly replica: ReplicaProcess;
  readonly program: Program;
  /** Whether its process is still there afterwards. */
  readonly close: () => Promise<boolean>;
};

async function openCache(program: Program, place: ReplicaPlace, storage: ParentStorage): Promise<Opened> {
  const { child, ended } = program;
  const deliveries: string[] = [];
  const waiting = new Map<number, (done: Extract<FromReplica, { kind: 'done' }>) => void>();
  const [opened, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<true>()];
  const send = (message: ToReplica) => void (child.connected && child.send(message));
  let sent = 0;
  const ask = (order: { kind: 'read'; id: number; times: number } | { kind: 'write'; id: number }) => {
    sent += 1;
    const { promise, resolve } = Promise.withResolvers<Extract<FromReplica, { kind: 'done' }>>();
    waiting.set(sent, resolve);
    send({ ...order, number: sent });
    return promise;
  };
  child.removeAllListeners('message').on('message', (message: FromReplica) => {
    if (message.kind === 'opened') opened.resolve();
    else if (message.kind === 'closed') closed.resolve(true);
    else if (message.kind === 'delivery') deliveries.push(message.change);
    else if (message.kind === 'done') waiting.get(message.number)?.(message);
    else {
      const { number } = message;
      storage.answer(place.sender, message, (version) => send({ kind: 'answer', number, version }));
    }
  });
  send({ kind: 'open', ...place });
  const fails = ended.then(() => Promise.reject(new RangeError(`${place.sender} ended before it was open`)));
  await Promise.race([opened.promise, fails]);
  const replica: ReplicaProcess = {
    deliveries,
    read: (id, times = 1) => ask({ kind: 'read', id, times }),
    write: async (id) => (await ask({ kind: 'write', id })).versions[0] ?? 0,
    kill: program.kill,
  };
  const close = (): Promise<boolean> => {
    send({ kind: 'close' });
    return Promise.race([closed.promise, ended.then(() => false)]);
  };
  return { replica, program, close };
}
