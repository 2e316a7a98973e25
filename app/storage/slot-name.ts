import { createHash } from 'node:crypto';

/** Makes a name ours: that somebody else gives one with the right digits is out of the question. */
function sealOf(name: string): string {
  return createHash('sha256').update(`a replication slot of darkroom: ${name}`).digest('hex').slice(0, 8);
}

/** Names of slots are shared by all databases of a server, and take lower case, digits and underscores, 63 of them. */
export function slotNameOf(databaseUrl: string, replica: string): string {
  const { pathname } = new URL(databaseUrl);
  const unique = createHash('sha256').update(`${pathname} ${replica}`).digest('hex').slice(0, 16);
  const readable = replica.toLowerCase().replaceAll(/[^a-z0-9]/g, '_');
  const name = `darkroom_${readable.slice(0, 28)}_${unique}`;
  return `${name}_${sealOf(name)}`;
}

/** Slots can bear no comment, so the name itself is the mark. */
export function isOwnSlotName(name: string): boolean {
  const end = name.lastIndexOf('_');
  return name.startsWith('darkroom_') && name.slice(end + 1) === sealOf(name.slice(0, end));
}
