import { entryBytesOf } from '../../app/cache/tiers/memory/entry-rules.ts';

/** What a simulation goes by, beside its candidate. Plain data: workers are told it in messages. */
export type SimulationSettings = {
  /** Memories that the reads are spread over. */
  readonly replicas: number;
  /** Decides over the jitter of lifetimes. */
  readonly seed: number;
  /** Events before it are simulated, and not counted. */
  readonly countFromUs: number;
  /** Whose lifetimes entries have: the candidate's, those that the recording has where it has some, or none that ends. */
  readonly lifetimes: 'candidate' | 'recorded' | 'endless';
  /**
   * What a read without a size is in a recording that has sizes. Our own service gives no size where it has
   * found nothing; other logs give none for a 304, for example.
   */
  readonly readsWithoutSize: 'find-nothing' | 'of-unknown-size';
  /** What a value weighs whose size the recording does not have. */
  readonly unknownBytes: number;
  /** What an entry weighs beside its value. Null: what it does in the service, in each tier. */
  readonly overheadBytes: number | null;
  /**
   * The share of each tier's memory that is simulated: where only a sample of the objects is, the sample's
   * share.
   */
  readonly memoryScale: number;
};

export const defaultSettings: SimulationSettings = {
  replicas: 2,
  seed: 1,
  countFromUs: Number.NEGATIVE_INFINITY,
  lifetimes: 'candidate',
  readsWithoutSize: 'find-nothing',
  unknownBytes: 1_024,
  overheadBytes: null,
  memoryScale: 1,
};

/** Characters of a key: the name of its entity and an id, such as photo:123456. */
const keyLength = 12;
/**
 * What Redis keeps beside a value: two hash table entries, for the key and for its end, the key itself behind its prefix, and the
 * head of the entry.
 */
const redisRecordBytes = 200;

/** What reads weigh, by the size of their values; 0 is one that is not known. */
export type EntryWeights = {
  value(bytes: number): number;
  inMemory(bytes: number): number;
  inRedis(bytes: number): number;
};

export function entryWeights({ unknownBytes, overheadBytes }: SimulationSettings): EntryWeights {
  const memoryOverhead = overheadBytes ?? entryBytesOf(keyLength, 0);
  const redisOverhead = overheadBytes ?? redisRecordBytes;
  const value = (bytes: number): number => (bytes > 0 ? bytes : unknownBytes);
  return {
    value,
    inMemory: (bytes) => value(bytes) + memoryOverhead,
    inRedis: (bytes) => value(bytes) + redisOverhead,
  };
}
