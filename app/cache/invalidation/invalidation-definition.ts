import type { RunInBackground } from '../background-work.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { Codec } from '../codec.ts';
import type { RedisCommands } from '../../redis/redis-commands.ts';
import type { RedisScript } from '../../redis/redis-scripts.ts';
import type { RedisPlace } from '../tiers/tier.ts';
import type { InvalidationListener, InvalidationSource } from '../sources/invalidation-source.ts';

/** What a kind of invalidation asks of the rest of its candidate. */
export type CandidateTraits = {
  /** A tier in each process, which the others cannot clear. */
  readonly hasLocalTier: boolean;
  /** A tier that all replicas share. */
  readonly hasSharedTier: boolean;
  /** Reads under way are known, so that they can be marked when their key changes. */
  readonly joinsLoads: boolean;
};

export type SourceParts = {
  /** Throws a RangeError where no Redis is given. */
  readonly redis: () => RedisPlace;
  readonly payloads: Codec['payloads'];
  /** What the shared tier runs on a connection that it has to share. */
  readonly scripts: readonly RedisScript[];
  readonly observe: CacheObserver;
  /** Names this process among the others; unique for each start. */
  readonly sender: string;
  /** The trace context of what is being done, for messages to other replicas. */
  readonly traceparent?: () => string | undefined;
  readonly runInBackground: RunInBackground;
  /** Storage's own stream of changes. */
  readonly createChangeStream: (listener: InvalidationListener) => InvalidationSource;
};

export type ConnectedSource = {
  readonly createSource: (listener: InvalidationListener) => InvalidationSource;
  /** The connection that the shared tier has to read on, where that is how it is known who has read what. Null: any will do. */
  readonly commands: RedisCommands | null;
};

/** A kind of invalidation: how the replicas hear of a write that another one, or somebody else, has made. */
export type InvalidationDefinition = {
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  /** Why a candidate cannot have it, in words, or null. */
  readonly refuses: (candidate: CandidateTraits) => string | null;
  /** The kind that a candidate without a local tier has in its place, where nothing is said; null: it is refused there, or fits. */
  readonly insteadWithoutLocalTier: 'ttl' | null;
  /** What it asks of the service's Redis, beside the entries of a tier. */
  readonly redisUse: 'messages' | 'tracking' | null;
  /** Whether each replica reads PostgreSQL's log of changes, through a slot of its own. */
  readonly readsChangeStream: boolean;
  /** What becomes of its messages, as far as a replica counts it. */
  readonly outcomes: readonly ('sent' | 'received' | 'failed')[];
  /** Whether a replica drops what it holds when messages were lost; `fence`: only where fills are ordered by version. */
  readonly noticesLosses: 'always' | 'fence' | 'never';
  /** Whether a message is told again until it was acted on, even if the process that wrote has died. */
  readonly isRepeated: boolean;
  /**
   * Whether the shared tier is cleared by it alone, and not by the writer: when messages were lost, what the
   * shared tier holds may be wrong as well, and nobody will take it away.
   */
  readonly clearsSharedTier: boolean;
  /** Whether its messages name the version that the write made. */
  readonly tellsVersions: boolean;
  /**
   * Whether a replica is told of a key that it has loaded itself. If not, what was loaded goes to the shared tier alone, and gets
   * into the local one by the next read, which is watched.
   */
  readonly watchesOwnFills: boolean;
  /** Connects where it hears of writes. Null: it hears of none. What needs a client is imported here, when it is needed. */
  readonly connect: ((parts: SourceParts) => Promise<ConnectedSource>) | null;
};
