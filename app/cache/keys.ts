/** The key of an entity: its name, a colon, its id. A name has no colon, so no two pairs share a key. */
export function makeKey(entityName: string, id: string | number): string {
  return `${entityName}:${id}`;
}

/** Keys remembered per entity name, at first and at most; powers of two. */
const rememberedMin = 64;
const rememberedMax = 16_384;

/** The last id of each slot, with its key. */
type Memory = { ids: number[]; keys: string[]; replaced: number };

const createMemory = (slots: number): Memory => ({
  ids: new Array<number>(slots).fill(Number.NaN),
  keys: new Array<string>(slots).fill(''),
  replaced: 0,
});

/** One that has replaced as many keys as it holds is too small for what is asked for. */
function remember(memory: Memory, id: number, key: string): void {
  const { length } = memory.ids;
  const slot = id & (length - 1);
  if (memory.keys[slot] !== '') memory.replaced += 1;
  if (memory.replaced > length && length < rememberedMax) Object.assign(memory, createMemory(length * 2));
  const free = id & (memory.ids.length - 1);
  memory.ids[free] = id;
  memory.keys[free] = key;
}

/**
 * `makeKey` with a memory of the last keys, one per slot: a key that is asked for often is the same string each time, whose
 * hash is known. That is half of the price of a memory hit.
 */
export function createKeyMaker(): typeof makeKey {
  const memories = new Map<string, Memory>();
  const memoryOf = (entityName: string): Memory => {
    const known = memories.get(entityName);
    if (known !== undefined) return known;
    const added = createMemory(rememberedMin);
    memories.set(entityName, added);
    return added;
  };
  return (entityName, id) => {
    if (typeof id !== 'number') return makeKey(entityName, id);
    const memory = memoryOf(entityName);
    const { ids, keys } = memory;
    const slot = id & (ids.length - 1);
    if (ids[slot] === id) return keys[slot] as string;
    const key = makeKey(entityName, id);
    remember(memory, id, key);
    return key;
  };
}

/** Throws a RangeError for a name that would make keys ambiguous. */
export function checkEntityName(name: string): void {
  if (name === '' || name.includes(':')) throw new RangeError(`an entity's name has no colon: ${name}`);
}

/** The entity's name in a key: what metrics call `cache_name`. */
export function entityNameOf(key: string): string {
  return key.slice(0, key.indexOf(':'));
}
