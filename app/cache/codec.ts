import { createRequire } from 'node:module';
import type * as msgpackr from 'msgpackr';
import type { PayloadKind } from '../redis/redis-commands.ts';
import type { Payload } from '../redis/redis-scripts.ts';
import type { Entry } from './entry.ts';

/** Raised when the format changes, so that entries of another release are misses and not errors. */
const formatVersion = 3;

/** What a redis key holds: an entry, or the tombstone of one that a write invalidated. */
export type Stored =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'tombstone'; readonly version: number };

/** Turns entries into bytes and back. */
export type Codec = {
  readonly payloads: PayloadKind;
  /** Throws a TypeError for a value that the format cannot say. */
  encode(entry: Entry): Payload;
  /** Null for anything that is not ours: another format, a cut or foreign text. Never throws. */
  decode(payload: Payload): Stored | null;
};

/**
 * `3|e|version|freshUntil|staleUntil|loadMs|value`; `n` instead of `e` for a negative entry, which has no value. The head is
 * text in every codec, since the scripts of the redis tier read it.
 */
function encodeHead({ version, freshUntil, staleUntil, loadMs, isAbsent }: Entry): string {
  return `${formatVersion}|${isAbsent ? 'n' : 'e'}|${version}|${freshUntil}|${staleUntil}|${loadMs}|`;
}

/** `3|t|version`: the same in every codec. */
export function encodeTombstone(version: number): string {
  return `${formatVersion}|t|${version}`;
}

const tombstonePattern = /^3\|t\|(\d+)$/;
const headPattern = /^3\|([en])\|(\d+)\|(\d+(?:\.\d+)?)\|(\d+(?:\.\d+)?)\|(\d+(?:\.\d+)?(?:e-\d+)?)\|/;
/** No head is longer: a letter and five numbers of up to 22 digits. */
const headBytesMax = 128;

/** `valueAt` reads the value that begins at an offset; it may throw. */
function decodeWith(start: string, valueAt: (offset: number) => unknown): Stored | null {
  const head = headPattern.exec(start);
  if (head === null) {
    const tombstone = tombstonePattern.exec(start);
    return tombstone && { kind: 'tombstone', version: Number(tombstone[1]) };
  }
  const [whole, letter, version, freshUntil, staleUntil, loadMs] = head;
  const isAbsent = letter === 'n';
  try {
    const entry: Entry = {
      value: isAbsent ? undefined : valueAt(whole.length),
      version: Number(version),
      freshUntil: Number(freshUntil),
      staleUntil: Number(staleUntil),
      loadMs: Number(loadMs),
      isAbsent,
    };
    return { kind: 'entry', entry };
  } catch {
    return null;
  }
}

const json: Codec = {
  payloads: 'text',
  encode(entry) {
    if (entry.isAbsent) return encodeHead(entry);
    const text: string | undefined = JSON.stringify(entry.value);
    if (text === undefined) throw new TypeError(`JSON cannot say a value of the type ${typeof entry.value}`);
    return encodeHead(entry) + text;
  },
  decode(payload) {
    const text = payload.toString();
    return decodeWith(text, (offset) => JSON.parse(text.slice(offset)) as unknown);
  },
};

/** Loaded with the first entry: most candidates have another codec, or no Redis. */
let packr: msgpackr.Packr | undefined;
function packrOf(): msgpackr.Packr {
  if (packr !== undefined) return packr;
  const load = createRequire(import.meta.url);
  const library = load('msgpackr') as typeof msgpackr;
  packr = new library.Packr({ useRecords: false });
  return packr;
}

const msgpack: Codec = {
  payloads: 'bytes',
  encode(entry) {
    const head = Buffer.from(encodeHead(entry));
    return entry.isAbsent ? head : Buffer.concat([head, packrOf().pack(entry.value)]);
  },
  decode(payload) {
    const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
    const start = bytes.toString('latin1', 0, headBytesMax);
    return decodeWith(start, (offset) => packrOf().unpack(bytes.subarray(offset)) as unknown);
  },
};

/** By the name that a candidate gives. */
export const codecOf = { json, msgpack } as const satisfies Readonly<Record<string, Codec>>;

export type CodecName = keyof typeof codecOf;
