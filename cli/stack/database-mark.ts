import { createHash } from 'node:crypto';

/**
 * What makes a database ours: its comment says so. A name never does. A `draft` is being filled and becomes a `template`,
 * from which each `world` is cloned. Kinds of a later version are ours, too.
 */
export type DatabaseMark = {
  readonly kind: string;
  /** Id of the run that made it. */
  readonly run: string;
  /** Who that was, for people. */
  readonly owner: string;
  /** What a template holds: all that decides its rows. */
  readonly contents?: string;
  /** When a run last asked for a template, on the server's clock. */
  readonly usedAt?: string;
};

/** Begins every mark, and nothing that anybody else would write. */
const signature = 'darkroom 0dbb0af7-8f89-40ed-95a5-1533428b971f ';
/**
 * A bound on connections that no database reaches and nobody else sets. It is set by the statement that makes a database,
 * which the comment can only follow: where there is the one without the other, the run was killed in between.
 */
export const markedConnectionLimit = 1_384_413_002;

export function formatMark(mark: DatabaseMark): string {
  return signature + JSON.stringify(mark);
}

/** What is known of a database from the server's list of them. */
export type ListedDatabase = {
  readonly name: string;
  readonly comment: string | null;
  readonly connectionLimit: number;
};

/** The mark of a database; null for one that is somebody else's. */
export function markOf({ name, comment, connectionLimit }: ListedDatabase): DatabaseMark | null {
  if (comment !== null) return parseMark(comment);
  const run = /^darkroom_[a-z]+_([0-9a-f]{12})_/.exec(name)?.[1];
  if (run === undefined || connectionLimit !== markedConnectionLimit) return null;
  return { kind: 'draft', run, owner: 'a run that was killed while it made it' };
}

function parseMark(comment: string): DatabaseMark | null {
  if (!comment.startsWith(signature)) return null;
  let found: unknown;
  try {
    found = JSON.parse(comment.slice(signature.length));
  } catch {
    return null;
  }
  if (typeof found !== 'object' || found === null) return null;
  const { kind, run, owner, contents, usedAt } = found as Record<string, unknown>;
  if (typeof kind !== 'string' || typeof owner !== 'string') return null;
  if (typeof run !== 'string' || !/^[0-9a-f]{12}$/.test(run)) return null;
  return {
    kind,
    run,
    owner,
    ...(typeof contents === 'string' && { contents }),
    ...(typeof usedAt === 'string' && { usedAt }),
  };
}

/**
 * Keys of advisory locks, as PostgreSQL writes them. Their first two bytes keep them apart from the small numbers that
 * others lock. The one of a run is held by its session for as long as it lives.
 */
export function lifeKeyOf(run: string): string {
  return BigInt(`0x4452${run}`).toString();
}

/** The key of the lock of the run that seeds a template of these contents. */
export function seedingKeyOf(contents: string): string {
  return keyOf('4453', contents);
}

/** The key of a template's lock: shared for runs that use it, exclusive for the one that drops it. */
export function templateKeyOf(name: string): string {
  return keyOf('4454', name);
}

function keyOf(prefix: string, text: string): string {
  return BigInt(`0x${prefix}${createHash('sha256').update(text).digest('hex').slice(0, 12)}`).toString();
}

/** The lock that is held while a database is in use. */
export function lockKeyOf({ name, mark }: { readonly name: string; readonly mark: DatabaseMark }): string {
  return mark.kind === 'template' ? templateKeyOf(name) : lifeKeyOf(mark.run);
}
