import type { Entry } from './entry.ts';

/** Raised when the format changes, so that entries of another release are misses and not errors. */
const formatVersion = 1;

/** What a redis key holds: an entry, or the tombstone of one that a write invalidated. */
export type Stored =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'tombstone'; readonly version: number };

/**
 * `1|e|version|freshUntil|staleUntil|json`; the head is readable by the scripts of the redis tier. Throws a TypeError for a
 * value that JSON cannot say.
 */
export function encodeEntry(entry: Entry): string {
  const { version, freshUntil, staleUntil, value } = entry;
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined) throw new TypeError(`JSON cannot say a value of the type ${typeof value}`);
  return `${formatVersion}|e|${version}|${freshUntil}|${staleUntil}|${json}`;
}

export function encodeTombstone(version: number): string {
  return `${formatVersion}|t|${version}`;
}

/** Undoes the two above. Null for anything else: another format, a cut or foreign text. Never throws. */
export function decodeStored(text: string): Stored | null {
  const tombstone = /^1\|t\|(\d+)$/.exec(text);
  if (tombstone !== null) return { kind: 'tombstone', version: Number(tombstone[1]) };
  const head = /^1\|e\|(\d+)\|(\d+(?:\.\d+)?)\|(\d+(?:\.\d+)?)\|/.exec(text);
  if (head === null) return null;
  try {
    const value: unknown = JSON.parse(text.slice(head[0].length));
    const [, version, freshUntil, staleUntil] = head.map(Number) as [number, number, number, number];
    return { kind: 'entry', entry: { value, version, freshUntil, staleUntil } };
  } catch {
    return null;
  }
}
