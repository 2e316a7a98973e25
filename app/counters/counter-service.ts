import type { Clock } from '../clock.ts';
import { DarkroomError, isOfRequest } from '../errors.ts';
import type { Queries } from '../storage/statement.ts';
import type {
  Accepted,
  Counted,
  CounterClear,
  CounterEvent,
  CounterKey,
  CounterMode,
  TimedEvent,
} from './counter.ts';
import type { CounterNamespace, CounterNamespaces } from './counter-namespaces.ts';
import type { CounterObserver, CounterOperationName } from './counter-observer.ts';
import { hasEvents } from './system.ts';
import type { CounterModeName } from './system.ts';

export type { Accepted, Counted, CounterClear, CounterEvent, CounterKey } from './counter.ts';

/** Counts in namespaces, each in its mode. What is refused has not been counted. */
export type CounterService = {
  /**
   * Inside `queries`, a transaction of the caller, where given: the event is committed with what it counts, and `committed` tells of
   * it. Best-effort and flush take no part in it: they count even if it is rolled back.
   */
  add(key: CounterKey, event: CounterEvent, queries?: Queries): Promise<Accepted>;
  addAndGet(key: CounterKey, event: CounterEvent, queries?: Queries): Promise<Counted & Accepted>;
  clear(key: CounterKey, event?: CounterClear, queries?: Queries): Promise<Accepted>;
  /** A transaction of the caller in which the counter was written is committed. */
  committed(key: CounterKey): void;
  get(key: CounterKey): Promise<Counted>;
  /** In the order of the keys, by one look at Redis, and one at storage where that is needed. What is not known is 0. */
  getMany(keys: readonly CounterKey[]): Promise<readonly Counted[]>;
  /** Throws COUNTER_NAMESPACE_UNKNOWN. */
  namespaceOf(name: string): CounterNamespace;
};

export type CounterServiceParts = {
  readonly namespaces: CounterNamespaces;
  readonly modes: ReadonlyMap<CounterModeName, CounterMode>;
  readonly clock: Clock;
  /** Measures operations. */
  readonly realClock: Clock;
  readonly uniqueId: () => string;
  readonly observe: CounterObserver;
  /** Makes a span of an operation, where its request is traced. */
  readonly inSpan: InSpan;
};

export type InSpan = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** A counter moves by no more at once, either way. */
const deltaMax = 1_000_000_000;
/** Clocks of senders may be ahead a little. */
const aheadMsMax = 1_000;

const none: Counted = { count: 0, rolledUpToMs: null };

export function createCounterService(parts: CounterServiceParts): CounterService {
  const { namespaces, modes, clock } = parts;
  const observed = createObserved(parts);
  const namespaceOf = (name: string): CounterNamespace => {
    const namespace = namespaces.get(name);
    if (namespace !== undefined) return namespace;
    throw new DarkroomError('COUNTER_NAMESPACE_UNKNOWN', `There is no namespace of counters "${name}".`);
  };
  const modeOf = ({ mode: name }: CounterNamespace): CounterMode => {
    const mode = modes.get(name);
    if (mode === undefined) throw new RangeError(`no mode ${name} was made`);
    return mode;
  };
  const timed = (namespace: CounterNamespace, event: CounterClear, delta: number | null): TimedEvent => {
    if (delta !== null) checkDelta(delta);
    const nowMs = Math.floor(clock.now());
    const timeMs = Math.floor(event.generationTimeMs ?? nowMs);
    checkTime(namespace, timeMs, nowMs);
    return { delta: delta ?? 0, isClear: delta === null, token: event.token ?? parts.uniqueId(), timeMs };
  };
  const write = createWrite({ namespaceOf, modeOf, timed });
  const getMany = async (keys: readonly CounterKey[]): Promise<readonly Counted[]> => {
    const counted = new Array<Counted>(keys.length).fill(none);
    const places = Map.groupBy(keys.keys(), (place) => namespaceOf(keyAt(keys, place).namespace).mode);
    await Promise.all(
      [...places].map(async ([name, own]) => {
        const found = await observed(own.length === 1 ? 'get' : 'get_many', name, () =>
          modeOf(namespaceOf(keyAt(keys, own[0] ?? 0).namespace)).getMany(
            own.map((place) => keyAt(keys, place)),
          ),
        );
        own.forEach((place, index) => (counted[place] = found[index] ?? none));
      }),
    );
    return counted;
  };
  return {
    namespaceOf,
    async add(key, event, queries) {
      return observed('add', namespaceOf(key.namespace).mode, async () => {
        const { own } = await write(key, event, event.delta, (mode, timed) =>
          mode.write(key, timed, queries),
        );
        return { generationTimeMs: own.timeMs };
      });
    },
    async addAndGet(key, event, queries) {
      return observed('add_and_get', namespaceOf(key.namespace).mode, async () => {
        const { own, written } = await write(key, event, event.delta, (mode, timed) =>
          mode.writeAndGet(key, timed, queries),
        );
        return { ...written, generationTimeMs: own.timeMs };
      });
    },
    async clear(key, event = {}, queries) {
      return observed('clear', namespaceOf(key.namespace).mode, async () => {
        const { own } = await write(key, event, null, (mode, timed) => mode.write(key, timed, queries));
        return { generationTimeMs: own.timeMs };
      });
    },
    committed: (key) => modeOf(namespaceOf(key.namespace)).committed?.(key),
    async get(key) {
      const [counted = none] = await getMany([key]);
      return counted;
    },
    getMany,
  };
}

type WriteParts = {
  readonly namespaceOf: CounterService['namespaceOf'];
  readonly modeOf: (namespace: CounterNamespace) => CounterMode;
  readonly timed: (namespace: CounterNamespace, event: CounterClear, delta: number | null) => TimedEvent;
};

/**
 * Events without a time of their own get one here. Where it is frozen before storage has the event, since the process stood still in
 * between, it gets another one: whoever sent it can do nothing about it.
 */
function createWrite({ namespaceOf, modeOf, timed }: WriteParts) {
  return async <T>(
    key: CounterKey,
    event: CounterClear,
    delta: number | null,
    writeIn: (mode: CounterMode, own: TimedEvent) => Promise<T>,
  ): Promise<{ readonly own: TimedEvent; readonly written: T }> => {
    const namespace = namespaceOf(key.namespace);
    const attempt = async () => {
      const own = timed(namespace, event, delta);
      return { own, written: await writeIn(modeOf(namespace), own) };
    };
    if (event.generationTimeMs !== undefined) return attempt();
    return attempt()
      .catch((error: unknown) => {
        if (!isTooOld(error)) throw error;
        return attempt();
      })
      .catch((error: unknown) => {
        throw isTooOld(error) ? clockIsBehind(error) : error;
      });
  };
}

function keyAt(keys: readonly CounterKey[], place: number): CounterKey {
  const key = keys[place];
  if (key === undefined) throw new RangeError(`no key ${place}`);
  return key;
}

function checkDelta(delta: number): void {
  if (Number.isInteger(delta) && Math.abs(delta) <= deltaMax) return;
  throw new DarkroomError(
    'COUNTER_DELTA_OUT_OF_RANGE',
    `A delta is a whole number from -${deltaMax} to ${deltaMax}.`,
  );
}

/** Only where events are kept does their age matter: a range of the log is frozen. */
function checkTime({ mode, acceptLimitMs }: CounterNamespace, timeMs: number, nowMs: number): void {
  if (timeMs > nowMs + aheadMsMax)
    throw new DarkroomError(
      'COUNTER_TOKEN_FROM_FUTURE',
      `The token says that it was generated ${timeMs - nowMs} ms from now; at most ${aheadMsMax} ms are taken.`,
    );
  if (hasEvents(mode) && timeMs < nowMs - acceptLimitMs)
    throw new DarkroomError(
      'COUNTER_EVENT_TOO_OLD',
      `The event was generated ${nowMs - timeMs} ms ago, and the limit is ${acceptLimitMs} ms: this attempt has not counted it.`,
    );
}

const isTooOld = (error: unknown): boolean =>
  error instanceof DarkroomError && error.code === 'COUNTER_EVENT_TOO_OLD';

const clockIsBehind = (cause: unknown): DarkroomError =>
  new DarkroomError(
    'STORAGE_BUSY',
    'The clock of this process is behind what is rolled up already: it has not been counted. Try again.',
    { cause },
  );

function createObserved({ realClock, observe, inSpan }: CounterServiceParts) {
  return async <T>(
    operation: CounterOperationName,
    mode: CounterModeName,
    work: () => Promise<T>,
  ): Promise<T> => {
    const startedAtMs = realClock.now();
    const tell = (outcome: 'ok' | 'refused' | 'failed'): void =>
      observe.operated(operation, mode, outcome, realClock.now() - startedAtMs);
    try {
      const answer = await inSpan(`counters.${operation} ${mode}`, work);
      tell('ok');
      return answer;
    } catch (error) {
      tell(isOfRequest(error) ? 'refused' : 'failed');
      throw error;
    }
  };
}
