import type { Cache, CacheRead, ChangedKey, ReadOutcome } from '../cache/cache.ts';
import { estimateBytes } from '../cache/value-size.ts';
import type { RecordedOutcome, ServiceEvent } from '../contract/recorded-event.ts';
import { thingOfEntity } from './recorded-operations.ts';

/** Writes an event down; what it does not say is filled in. */
export type Tell = (
  event: Pick<ServiceEvent, 'kind' | 'name' | 'thing' | 'id'> & Partial<ServiceEvent>,
) => void;

export type RecordedCacheParts = {
  readonly tell: Tell;
  readonly nowUs: () => number;
  /** How long an entry of an entity is fresh. */
  readonly lifetimeMs: (entity: string) => number;
};

const outcomeOf: Readonly<Record<ReadOutcome, RecordedOutcome>> = {
  'local-hit': 'local',
  'local-stale-hit': 'local',
  'shared-hit': 'shared',
  'shared-stale-hit': 'shared',
  load: 'storage',
  'joined-load': 'joined',
  bypass: 'bypass',
};

/** The same cache, whose reads and writes are written down. */
export function recordCache(cache: Cache, parts: RecordedCacheParts): Cache {
  return { ...cache, ...recordReads(cache, parts), ...recordChanges(cache, parts.tell) };
}

/** Waits for an answer and tells of it. An answer that fails is not told of. */
async function tellLater<T>(answer: Promise<T>, tell: (value: T) => void): Promise<T> {
  const value = await answer;
  tell(value);
  return value;
}

function recordReads(
  cache: Cache,
  { tell, nowUs, lifetimeMs }: RecordedCacheParts,
): Pick<Cache, 'read' | 'readMany' | 'bypass'> {
  const tellRead = (
    { name }: { readonly name: string },
    id: string | number,
    timeUs: number,
    read: CacheRead<unknown> | undefined,
  ): void =>
    tell({
      ...{ kind: 'read', name, thing: thingOfEntity(name), id: Number(id) },
      ...{ timeUs, lifetimeMs: lifetimeMs(name) },
      ...(read !== undefined && { outcome: outcomeOf[read.outcome], bytes: estimateBytes(read.value) }),
    });
  return {
    read(entity, id) {
      const timeUs = nowUs();
      const answer = cache.read(entity, id);
      if (answer instanceof Promise) return tellLater(answer, (read) => tellRead(entity, id, timeUs, read));
      tellRead(entity, id, timeUs, answer);
      return answer;
    },
    readMany(entity, ids) {
      const timeUs = nowUs();
      const tellAll = (reads: readonly (CacheRead<unknown> | undefined)[]): void => {
        for (const [index, id] of ids.entries()) tellRead(entity, id, timeUs, reads[index]);
      };
      const answers = cache.readMany(entity, ids);
      if (answers instanceof Promise) return tellLater(answers, tellAll);
      tellAll(answers);
      return answers;
    },
    async bypass(entity, load) {
      const timeUs = nowUs();
      const read = await cache.bypass(entity, load);
      tell({ kind: 'read', name: entity.name, thing: 'none', id: 0, timeUs, outcome: 'bypass' });
      return read;
    },
  };
}

function recordChanges(cache: Cache, tell: Tell): Pick<Cache, 'write' | 'forget' | 'registerDeferred'> {
  const tellChanged = (kind: 'write' | 'remove', changed: readonly ChangedKey[]): void => {
    for (const { entity, id } of changed)
      tell({ kind, name: entity.name, thing: thingOfEntity(entity.name), id: Number(id) });
  };
  return {
    write: (write) =>
      cache.write({
        ...write,
        store: () =>
          tellLater(write.store(), ({ changed }) =>
            tellChanged(write.removes === true ? 'remove' : 'write', changed),
          ),
      }),
    forget(changed) {
      tellChanged('remove', changed);
      return cache.forget(changed);
    },
    // A write that waits in a queue is written down when it is applied.
    registerDeferred: (kind, deferred) =>
      cache.registerDeferred(kind, {
        ...deferred,
        applyMany: (payloads, isRepeated) =>
          tellLater(deferred.applyMany(payloads, isRepeated), (changed) => tellChanged('write', changed)),
      }),
  };
}
