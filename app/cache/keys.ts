/**
 * The key of an entity: its name, a colon, its id. A name has no colon, so no two pairs share a key. Throws a RangeError
 * for a name that has one.
 */
export function makeKey(entityName: string, id: string | number): string {
  if (entityName.includes(':')) throw new RangeError(`an entity's name has no colon: ${entityName}`);
  return `${entityName}:${id}`;
}

/** The entity's name in a key: what metrics call `cache_name`. */
export function entityNameOf(key: string): string {
  return key.slice(0, key.indexOf(':'));
}
