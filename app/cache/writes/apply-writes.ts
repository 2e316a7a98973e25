import { DarkroomError, isOfRequest } from '../../errors.ts';
import type { ChangedKey, DeferredKind } from '../cache.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { TakenWrite, WriteLog } from './write-log.ts';

/** A kind whose payload type was left behind: its own `parse` makes what its `applyMany` takes. */
export type AnyDeferredKind = DeferredKind<unknown>;

export type ApplyParts = {
  readonly log: Pick<WriteLog, 'settle' | 'refuse'>;
  readonly kinds: ReadonlyMap<string, AnyDeferredKind>;
  readonly onApplied: (changed: readonly ChangedKey[]) => Promise<void>;
  readonly observe: CacheObserver;
};

/** Waiting writes that are one write to storage. */
type Coalesced = { readonly payload: unknown; readonly ids: readonly string[] };

/**
 * Commits what was taken, tells the cache, and settles it, kind by kind. A batch with a row
 * that storage refuses is halved until that one is found. Rejects with every other failure, which says nothing about the
 * writes, or which nobody understands; what is not settled then waits on.
 */
export async function applyWrites(
  parts: ApplyParts,
  taken: readonly TakenWrite[],
  isRepeated: boolean,
): Promise<void> {
  const { log, kinds, onApplied, observe } = parts;
  const tell = (outcome: 'flushed' | 'failed' | 'refused' | 'set-aside', count: number): void => {
    if (count > 0) observe.happened({ type: 'queue', outcome, count });
  };
  const refuse = async (ids: readonly string[], reason: string): Promise<void> => {
    tell('refused', ids.length);
    for (const id of ids) if (await log.refuse(id, reason)) tell('set-aside', 1);
  };
  const apply = async (kind: AnyDeferredKind, batch: readonly Coalesced[]): Promise<void> => {
    const ids = batch.flatMap((one) => one.ids);
    let changed: readonly ChangedKey[];
    try {
      changed = await kind.applyMany(
        batch.map(({ payload }) => payload),
        isRepeated,
      );
    } catch (error) {
      if (!isOfRequest(error)) {
        tell('failed', ids.length);
        throw error;
      }
      if (batch.length === 1) return refuse(ids, String(error));
      const middle = batch.length >> 1;
      await apply(kind, batch.slice(0, middle));
      return apply(kind, batch.slice(middle));
    }
    await onApplied(changed);
    tell('flushed', await log.settle(ids));
  };
  const strange: string[] = [];
  for (const [name, writes] of Map.groupBy(taken, ({ kind }) => kind)) {
    const ids = writes.map(({ id }) => id);
    const kind = kinds.get(name);
    if (kind !== undefined) {
      const { batch, unreadable } = coalesce(kind, writes);
      await refuse(unreadable, 'not a payload of its kind');
      if (batch.length > 0) await apply(kind, batch);
    } else if (name === '') await refuse(ids, 'of no kind');
    else {
      strange.push(name);
      tell('failed', ids.length);
    }
  }
  // A replica of another version has acknowledged them, and knows them.
  if (strange.length > 0)
    throw new DarkroomError('INTERNAL', `No such kind of write here: ${strange.join(', ')}.`);
}

/** The latest payload of each key, in the order in which the keys came last, and the ids of what cannot be read. */
function coalesce(
  kind: AnyDeferredKind,
  writes: readonly TakenWrite[],
): { readonly batch: readonly Coalesced[]; readonly unreadable: readonly string[] } {
  const byKey = new Map<string, Coalesced>();
  const unreadable: string[] = [];
  for (const { id, coalescingKey, payload: text } of writes) {
    const payload = parsePayload(kind, text);
    if (payload === undefined) {
      unreadable.push(id);
      continue;
    }
    const earlier = byKey.get(coalescingKey);
    byKey.delete(coalescingKey);
    byKey.set(coalescingKey, { payload, ids: [...(earlier?.ids ?? []), id] });
  }
  return { batch: [...byKey.values()], unreadable };
}

function parsePayload(kind: AnyDeferredKind, text: string): unknown {
  try {
    return kind.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
