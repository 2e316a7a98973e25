import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ReadOutcome } from '../../app/cache/cache.ts';
import type { FromReplica, ToReplica } from './replica-messages.ts';

/** A load that has read its row and waits to be answered. */
export type WaitingLoad = { readonly replica: string; release(): void };

/** The rows of a test, and the loads and commits of its processes. */
export type ParentStorage = {
  versionOf(id: number): number;
  /** Who has loaded, in order. */
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

export type ReplicaPlace = {
  readonly text: string;
  readonly url: string;
  readonly keyPrefix: string;
  readonly storage: ParentStorage;
};

/** Resolves when its cache is connected. */
export async function startReplicaProcess(name: string, place: ReplicaPlace): Promise<ReplicaProcess> {
  const { text, url, keyPrefix, storage } = place;
  const child: ChildProcess = fork(
    new URL('replica-process.ts', import.meta.url),
    [text, url, keyPrefix, name],
    { execArgv: [], env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
  );
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = once(child, 'exit');
  const deliveries: string[] = [];
  const waiting = new Map<number, (done: Extract<FromReplica, { kind: 'done' }>) => void>();
  const ready = Promise.withResolvers<void>();
  const send = (message: ToReplica) => void (child.connected && child.send(message));
  let sent = 0;
  const ask = (order: { kind: 'read'; id: number; times: number } | { kind: 'write'; id: number }) => {
    sent += 1;
    const { promise, resolve } = Promise.withResolvers<Extract<FromReplica, { kind: 'done' }>>();
    waiting.set(sent, resolve);
    send({ ...order, number: sent });
    return promise;
  };
  child.on('message', (message: FromReplica) => {
    if (message.kind === 'ready') ready.resolve();
    else if (message.kind === 'delivery') deliveries.push(message.change);
    else if (message.kind === 'done') waiting.get(message.number)?.(message);
    else {
      const { number } = message;
      storage.answer(name, message, (version) => send({ kind: 'answer', number, version }));
    }
  });
  child.once('exit', (code) => ready.reject(new RangeError(`${name} ended with ${code}`)));
  await ready.promise;
  return {
    deliveries,
    read: (id, times = 1) => ask({ kind: 'read', id, times }),
    write: async (id) => (await ask({ kind: 'write', id })).versions[0] ?? 0,
    async kill() {
      process.off('exit', kill);
      kill();
      if (child.exitCode === null && child.signalCode === null) await exited;
    },
  };
}
