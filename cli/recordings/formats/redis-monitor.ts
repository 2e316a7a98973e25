import { shorten } from '../event-batch.ts';
import { createForeignSource, onlyClass } from '../foreign/foreign-events.ts';
import type { ForeignEvent } from '../foreign/foreign-events.ts';
import { readLines } from '../foreign/file-lines.ts';
import { eventNames } from '../recording.ts';
import { createComplaints } from '../recording-invalid.ts';
import type { Complaints } from '../recording-invalid.ts';
import { reorder } from '../reorder.ts';
import { createKeyReader } from '../foreign/foreign-keys.ts';
import type { KeyReader } from '../foreign/foreign-keys.ts';
import { keysOf, lifetimeOf, redisEffects } from '../foreign/monitored-commands.ts';
import type { RecordingFormat } from '../recording-format.ts';
import { bytesOfWord, parseRedisWords } from '../foreign/redis-words.ts';

const lineForm = /^(?<time>\d{1,12}\.\d{6}) \[(?<database>\d+) (?<client>.+?)\] (?<words>".*)$/;
const example = '1700000000.123456 [0 127.0.0.1:60866] "get" "photo:7"';
/** `photo` of `photo:7`: what stands before the first colon, where it is a word. */
const classForm = /^([A-Za-z][A-Za-z_.-]{0,30}):/;

/** A line has all that is stored: some 16 MB of text, and a quarter of that where each byte is escaped. */
const lineCharactersMax = 1 << 24;

/** How many clients are remembered with their last read. */
const clientsMax = 10_000;

/** What a command that stores a value says of it. */
type Stored = { bytes: number; lifetimeMs: number };
/** A read, which gets that from the fill that follows it. */
type ToldLater = Omit<ForeignEvent, keyof Stored> & Stored;

/**
 * Tells fills from writes. A program whose read misses loads the value and stores it: it reads a key and then
 * writes it, on one connection. That is no change; taken for one, each miss would look like a write that
 * invalidates. Only the fill says how large the value is that was read, so events are held back for longer
 * than a load takes, and the read is still there to be given that size.
 */
function createFillFinder() {
  const lastRead = new Map<string, Map<string, ToldLater>>();
  return {
    reads(client: string, events: Map<string, ToldLater>): void {
      if (!lastRead.has(client) && lastRead.size === clientsMax) lastRead.clear();
      lastRead.set(client, events);
    },
    /**
     * Whether a command fills a key that the client's last read asked for. That read then gets the size and
     * lifetime of the value. A second write of the key is no fill.
     */
    takeFill(client: string, key: string, stored: Stored): boolean {
      const reads = lastRead.get(client);
      const read = reads?.get(key);
      if (reads === undefined || read === undefined) return false;
      Object.assign(read, stored);
      return reads.delete(key);
    },
  };
}

/** Names whose copies are remembered. */
const namesMax = 10_000;

/** Copies each name once: a piece of a line would keep the whole line, with all that is stored by it, for as long as its event is held. */
function createNames(): (piece: string) => string {
  const copies = new Map<string, string>();
  return (piece) => {
    const known = copies.get(piece);
    if (known !== undefined) return known;
    const copy = Buffer.from(piece).toString();
    if (copies.size === namesMax) copies.clear();
    copies.set(copy, copy);
    return copy;
  };
}

type Reader = {
  readonly keyOf: (text: string) => bigint;
  readonly nameOf: (piece: string) => string;
  readonly fills: ReturnType<typeof createFillFinder>;
};

function eventsOfLine(line: string, place: number, { keyOf, nameOf, fills }: Reader): ForeignEvent[] | null {
  const parts = lineForm.exec(line)?.groups;
  const words = parts === undefined ? null : parseRedisWords(parts['words'] ?? '');
  if (parts === undefined || words === null) return null;
  const client = parts['client'] ?? '';
  const effect = redisEffects.get((words[0] ?? '').toLowerCase());
  if (effect === undefined) return [];
  const named = [...keysOf(words, effect)];
  const lifetimeMs = lifetimeOf(words, effect);
  const events = named.flatMap(({ key, value }): [string, ToldLater][] => {
    const stored = { bytes: value === undefined ? 0 : bytesOfWord(value), lifetimeMs };
    if (effect.event === 'write' && fills.takeFill(client, key, stored)) return [];
    const event = {
      place,
      timeUs: Math.round(Number(parts['time']) * 1e6),
      event: eventNames.indexOf(effect.event),
      class: nameOf(classForm.exec(key)?.[1] ?? onlyClass),
      key: keyOf(`${parts['database']} ${key}`),
      ...stored,
      viewer: keyOf(client),
    };
    return [[key, event]];
  });
  if (effect.event === 'read') fills.reads(client, new Map(events));
  return events.map(([, event]) => event);
}

async function* eventsOf(
  file: string,
  { keyOf }: KeyReader,
  complaints: Complaints,
): AsyncGenerator<ForeignEvent[]> {
  const reader = { keyOf, nameOf: createNames(), fills: createFillFinder() };
  let lineCount = 0;
  for await (const { first, lines } of readLines(file, complaints, lineCharactersMax)) {
    lineCount += lines.length;
    yield lines.flatMap((line, index) => {
      // redis-cli begins with it.
      if (line === '' || line === 'OK') return [];
      const events = eventsOfLine(line, first + index, reader);
      if (events === null)
        throw complaints.at(
          first + index,
          `"${shorten(line)}" is no line of MONITOR; expected is: ${example}`,
        );
      return events;
    });
  }
  if (lineCount === 0) throw complaints.ofFile('it is empty; the output of redis-cli monitor is expected.');
}

/** https://redis.io/docs/latest/commands/monitor/ */
export const redisMonitor: RecordingFormat = {
  name: 'redis-monitor',
  summary: 'the output of redis-cli monitor: commands in microseconds',
  isForeign: true,
  looksLike: (_, head) =>
    lineForm.test(
      head
        .toString('utf8')
        .split(/\r?\n/, 2)
        .find((line) => line !== 'OK') ?? '',
    ),
  open: async (file, { classesMax }) => {
    const complaints = createComplaints(file, 'line');
    const keys = createKeyReader();
    return createForeignSource('redis-monitor', {
      complaints,
      classesMax,
      events: () => reorder(eventsOf(file, keys, complaints)),
    });
  },
};
