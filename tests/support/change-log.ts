import type {
  InvalidationListener,
  InvalidationSource,
} from '../../app/cache/sources/invalidation-source.ts';

/** What one replica reads of the log. */
export type ChangeReader = {
  /** The connection is lost: nothing is told until `mend`, and then all that was not confirmed is told again. */
  cut(): void;
  mend(): void;
  /** What was committed meanwhile is lost for good, and it is told so. */
  lose(): void;
};

/** Storage's log of changes without PostgreSQL: every reader gets every commit, in their order. */
export type ChangeLog = {
  append(key: string, version: number): void;
  /** One more reader of the log, from here on. */
  createSource(listener: InvalidationListener): InvalidationSource;
  /** In the order in which they were made. */
  readonly readers: readonly ChangeReader[];
  /** Nothing is told until `release`. */
  hold(): void;
  release(): void;
  /** Resolves when nothing is left to tell to those who are connected. */
  drained(): Promise<void>;
};

type Change = { readonly key: string; readonly version: number };
/**
 * `step` comes before each change is told. A change for which `arrives` is false is lost unnoticed, which no
 * real log does.
 */
type LogOptions = { readonly step?: () => Promise<void>; readonly arrives?: () => boolean };

/** A change that was not acted on is told again after a macrotask. */
export function createChangeLog({ step = async () => {}, arrives = () => true }: LogOptions = {}): ChangeLog {
  const readers: (ReturnType<typeof createReader> & ChangeReader)[] = [];
  let isHeld = false;
  return {
    readers,
    append(key, version) {
      for (const reader of readers) reader.append({ key, version });
    },
    createSource(listener) {
      readers.push(createReader(listener, { step, arrives, isHeld: () => isHeld }));
      queueMicrotask(() => listener.onDelivery('resumed'));
      return { sender: null, start: async () => {}, stop: async () => {} };
    },
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      for (const { wake } of readers) wake();
    },
    async drained() {
      await Promise.all(readers.map((reader) => reader.drained()));
    },
  };
}

function createReader(
  listener: InvalidationListener,
  { step, arrives, isHeld }: Required<LogOptions> & { readonly isHeld: () => boolean },
) {
  /**
   * `changes` are not confirmed yet, and `last` is the last one that was: a reader that comes back hears that
   * one twice.
   */
  let changes: Change[] = [];
  let last: Change | undefined;
  let isCut = false;
  let isReading = false;
  let reading: Promise<void> = Promise.resolve();

  const read = async (): Promise<void> => {
    isReading = true;
    for (let change = changes[0]; change !== undefined && !isCut && !isHeld(); change = changes[0]) {
      await step();
      const isDone = !arrives() || (await listener.onChange(change.key, change.version));
      if (isDone && changes[0] === change) last = changes.shift();
      if (!isDone) await new Promise((resolve) => void setImmediate(resolve));
    }
    isReading = false;
  };
  const wake = (): void => {
    if (!isReading) reading = read();
  };
  return {
    wake,
    append(change: Change) {
      changes.push(change);
      wake();
    },
    cut() {
      isCut = true;
      listener.onDelivery('disconnected');
    },
    mend() {
      isCut = false;
      if (last !== undefined) changes.unshift(last);
      listener.onDelivery('resumed');
      wake();
    },
    lose() {
      changes = [];
      last = undefined;
      listener.onDelivery('loss-noticed');
    },
    drained: () => reading,
  };
}
