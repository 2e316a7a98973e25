/** The key of an entity: its name, a colon, its id. A name has no colon, so no two pairs share a key. */
export function makeKey(entityName: string, id: string | number): string {
  return `${entityName}:${id}`;
}

/** Keys remembered per entity name; a power of two. */
const rememberedKeys = 16_384;

/**
 * `makeKey` with a memory of the last keys, one per slot: a key that is asked for often is the same string each time, whose
 * hash is known. That is half of the price of a memory hit.
 */
export function createKeyMaker(): typeof makeKey {
  const memories = new Map<string, { readonly ids: (string | number)[]; readonly keys: string[] }>();
  const memoryOf = (entityName: string) => {
    const known = memories.get(entityName);
    if (known !== undefined) return known;
    const added = {
      ids: new Array<number>(rememberedKeys).fill(Number.NaN),
      keys: new Array<string>(rememberedKeys).fill(''),
    };
    memories.set(entityName, added);
    return added;
  };
  return (entityName, id) => {
    if (typeof id !== 'number') return makeKey(entityName, id);
    const { ids, keys } = memoryOf(entityName);
    const slot = id & (rememberedKeys - 1);
    if (ids[slot] === id) return keys[slot] as string;
    const key = makeKey(entityName, id);
    ids[slot] = id;
    keys[slot] = key;
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
