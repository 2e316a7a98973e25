import { createCache } from '../../app/cache/create-cache.ts';
import type { Cache, CachedEntity } from '../../app/cache/cache.ts';
import { parseSettings } from './parse-settings.ts';
import { createSystemClock } from '../../app/clock.ts';
import { ignoreEvents } from './recorded-events.ts';
import type { FromReplica, ReplicaOrder, ReplicaPlace, ToReplica } from './replica-messages.ts';

/**
 * A process of the service as far as its cache goes: it does what its parent says, and its storage is the parent. To start Node
 * takes longer than most tests, so the next one is given a new cache in this process.
 */
let stage: Stage | undefined;
type Stage = { readonly cache: Cache; readonly photo: CachedEntity<number, string> };

/** A promise of the cache is broken: its parent sees the end of the process. */
function fail(reason: unknown): never {
  throw reason;
}

const send = (message: FromReplica) => void process.send?.(message);

let asked = 0;
const answers = new Map<number, (version: number) => void>();
/** Asks the parent's storage for the version of a row, or to raise it. */
function askStorage(kind: 'load' | 'commit', id: number): Promise<number> {
  asked += 1;
  const { promise, resolve } = Promise.withResolvers<number>();
  answers.set(asked, resolve);
  send({ kind, id, number: asked });
  return promise;
}

async function open({ text, url, keyPrefix, sender }: ReplicaPlace): Promise<void> {
  const photo: CachedEntity<number, string> = {
    name: 'photo',
    freshness: 'versioned',
    async loadMany(ids) {
      const versions = await Promise.all(ids.map((id) => askStorage('load', id)));
      return new Map(ids.map((id, index) => [id, { value: `photo ${id}`, version: versions[index] ?? 0 }]));
    },
  };
  const cache = await createCache({
    candidate: parseSettings(text),
    redis: { url, keyPrefix },
    sender,
    clock: createSystemClock(),
    random: Math.random,
    observe: {
      ...ignoreEvents,
      happened(event) {
        if (event.type === 'delivery') send({ kind: 'delivery', change: event.change });
      },
    },
    runInBackground: (_, task) => void task.catch(() => {}),
    redisExpirySlackMs: 0,
    createChangeStream: () => {
      throw new RangeError('no candidate here has one');
    },
  });
  cache.register(photo);
  stage = { cache, photo };
  send({ kind: 'opened' });
}

async function close(): Promise<void> {
  await stage?.cache.close();
  stage = undefined;
  send({ kind: 'closed' });
}

async function act({ cache, photo }: Stage, order: ReplicaOrder): Promise<void> {
  const { id, number } = order;
  if (order.kind === 'write') {
    const version = await cache.write({
      expected: [{ entity: photo, id }],
      async store() {
        const committed = await askStorage('commit', id);
        return { result: committed, changed: [{ entity: photo, id, version: committed }] };
      },
    });
    return send({ kind: 'done', number, versions: [version], outcome: null });
  }
  const reads = await Promise.all(Array.from({ length: order.times }, async () => cache.read(photo, id)));
  send({
    kind: 'done',
    number,
    versions: reads.map((read) => read?.version ?? 0),
    outcome: reads[0]?.outcome ?? null,
  });
}

process.on('message', (message: ToReplica) => {
  if (message.kind === 'answer') {
    answers.get(message.number)?.(message.version);
    answers.delete(message.number);
  } else if (message.kind === 'open') open(message).catch(fail);
  else if (message.kind === 'close') close().catch(fail);
  else if (stage !== undefined) act(stage, message).catch(fail);
});
