import { shorten } from '../event-batch.ts';
import { createForeignSource, onlyClass } from '../foreign/foreign-events.ts';
import type { ForeignEvent } from '../foreign/foreign-events.ts';
import { readLines } from '../foreign/file-lines.ts';
import { eventNames, unknownViewer } from '../recording.ts';
import { createComplaints } from '../recording-invalid.ts';
import type { Complaints } from '../recording-invalid.ts';
import { layoutOf, parseColumnMap } from '../foreign/csv-columns.ts';
import type { CsvColumn, CsvLayout } from '../foreign/csv-columns.ts';
import { splitFields } from '../foreign/csv-fields.ts';
import { createKeyReader } from '../foreign/foreign-keys.ts';
import type { KeyReader } from '../foreign/foreign-keys.ts';
import type { OpenFormatOptions, RecordingFormat } from '../recording-format.ts';

/** How others call what happens to an object. */
const eventWords: Readonly<Record<string, (typeof eventNames)[number]>> = {
  read: 'read',
  get: 'read',
  gets: 'read',
  head: 'read',
  write: 'write',
  set: 'write',
  put: 'write',
  post: 'write',
  patch: 'write',
  add: 'write',
  cas: 'write',
  replace: 'write',
  append: 'write',
  prepend: 'write',
  incr: 'write',
  decr: 'write',
  remove: 'remove',
  delete: 'remove',
  del: 'remove',
};

type LineReader = { readonly layout: CsvLayout; readonly keys: KeyReader; readonly complaints: Complaints };

/** One line, field by field; complains about what is missing or is no number. */
function createFieldReader(fields: readonly string[], place: number, { layout, complaints }: LineReader) {
  const textOf = (column: CsvColumn): string | undefined => {
    const at = layout.places[column];
    if (at === undefined) return undefined;
    const text = fields[at]?.trim();
    if (text === undefined || (text === '' && column !== 'viewer'))
      throw complaints.at(
        place,
        `it has no ${column}, which is field ${at + 1}; it has ${fields.length} fields.`,
      );
    return text;
  };
  const numberOf = (column: CsvColumn): number => {
    const text = textOf(column);
    if (text === undefined) return 0;
    const value = /^\d+(\.\d+)?([eE]\+?\d+)?$/.test(text) ? Number(text) : Number.NaN;
    // Nanoseconds since 1970 are more. A time is bounded in microseconds, where events are put in order.
    const most = column === 'time' ? Number.MAX_VALUE : Number.MAX_SAFE_INTEGER;
    if (!(value <= most)) {
      const expected = Number.isNaN(value) ? 'a number, 0 or more,' : 'a number below 2^53';
      throw complaints.at(place, `its ${column} is "${shorten(text)}"; ${expected} is expected.`);
    }
    return value;
  };
  return { textOf, numberOf };
}

function eventOfLine(fields: readonly string[], place: number, reader: LineReader): ForeignEvent {
  const { layout, keys, complaints } = reader;
  const { textOf, numberOf } = createFieldReader(fields, place, reader);
  const word = textOf('event') ?? 'read';
  const event = eventWords[word.toLowerCase()];
  if (event === undefined)
    throw complaints.at(
      place,
      `its event is "${shorten(word)}"; read, write or remove is expected, or a usual word for one of them (get, set, put, delete).`,
    );
  const bytes = numberOf('bytes');
  if (bytes === 0 && event === 'read' && layout.places.bytes !== undefined)
    throw complaints.at(place, 'its size is 0; the size of the object, 1 byte or more, is expected.');
  const viewer = textOf('viewer') ?? '';
  return {
    place,
    timeUs: Math.round(numberOf('time') * layout.timeUnitUs),
    event: eventNames.indexOf(event),
    class: textOf('class') ?? onlyClass,
    key: keys.keyOf(textOf('key') ?? ''),
    bytes: Math.round(bytes),
    lifetimeMs: Math.round((numberOf('lifetime') * layout.lifetimeUnitUs) / 1000),
    viewer: viewer === '' ? unknownViewer : keys.keyOf(viewer),
  };
}

const delimiters = [',', '\t', ';', '|', ' '];

/** What the first line is divided by most often. */
function delimiterOf(line: string): string {
  const [most] = delimiters.toSorted((one, other) => line.split(other).length - line.split(one).length);
  return most ?? ',';
}

type Head = { readonly reader: LineReader; readonly delimiter: string };

async function* eventsOf(
  file: string,
  { columns, keys }: Pick<OpenFormatOptions, 'columns'> & { readonly keys: KeyReader },
  complaints: Complaints,
): AsyncGenerator<ForeignEvent[]> {
  const wanted = columns === undefined ? new Map() : parseColumnMap(columns);
  let head: Head | null = null;
  for await (const { first, lines } of readLines(file, complaints)) {
    const events: ForeignEvent[] = [];
    for (const [index, line] of lines.entries()) {
      const place = first + index;
      if (line.trim() === '' || line.startsWith('#')) continue;
      const delimiter: string = head?.delimiter ?? delimiterOf(line);
      const fields = splitFields(line, delimiter);
      if (fields === null)
        throw complaints.at(place, 'a quote is not closed, or text stands beside one; CSV is expected.');
      if (head !== null) {
        events.push(eventOfLine(fields, place, head.reader));
        continue;
      }
      const layout = layoutOf(fields, { wanted, place }, complaints);
      head = { reader: { layout, keys, complaints }, delimiter };
      if (!layout.hasHeader) events.push(eventOfLine(fields, place, head.reader));
    }
    yield events;
  }
  if (head === null) throw complaints.ofFile('it has no lines; CSV with a time and a key is expected.');
}

/** Lines of a time, an object, and what else there is. */
export const csv: RecordingFormat = {
  name: 'csv',
  summary: 'CSV with a time and a key, by the names in its first line or by --columns',
  isForeign: true,
  looksLike: (name) => /\.(csv|tsv)$/i.test(name),
  open: async (file, options) => {
    const complaints = createComplaints(file, 'line');
    const keys = createKeyReader();
    return createForeignSource('csv', {
      complaints,
      classesMax: options.classesMax,
      events: () => eventsOf(file, { ...options, keys }, complaints),
    });
  },
};
