import { createForeignSource, onlyClass } from './foreign-events.ts';
import type { ForeignEvent } from './foreign-events.ts';
import { readLines } from './file-lines.ts';
import { eventNames, unknownViewer } from '../recording.ts';
import type { EventName } from '../recording.ts';
import { createComplaints } from '../recording-invalid.ts';
import type { Complaints } from '../recording-invalid.ts';
import { reorder } from '../reorder.ts';
import { createKeyReader } from './foreign-keys.ts';
import type { KeyReader } from './foreign-keys.ts';
import type { RecordingFormat } from '../recording-format.ts';

/** One line of an access log, in texts. */
export type LogLine = {
  readonly timeUs: number;
  readonly method: string;
  /** What was asked for: with the host, where the log has it. */
  readonly target: string;
  readonly status: number;
  readonly bytes: number;
  readonly client: string;
};

export type AccessLogFormat = Pick<RecordingFormat, 'name' | 'summary' | 'looksLike'> & {
  /** For messages: what a line looks like. */
  readonly example: string;
  /** Null: no line of this format. 'skip': one without a request in it. */
  readonly parseLine: (line: string) => LogLine | 'skip' | null;
  /**
   * Which moment of a request its line tells. Lines are written when requests end: where they tell the begin,
   * a request that took minutes comes behind later ones, and is left out.
   */
  readonly timesAre: 'begins' | 'ends';
};

/** What a method does to the thing that its URL names (RFC 9110, section 9.2); others do nothing to it. */
const eventOfMethod: Readonly<Record<string, EventName>> = {
  GET: 'read',
  HEAD: 'read',
  POST: 'write',
  PUT: 'write',
  PATCH: 'write',
  DELETE: 'remove',
};

/** Answers that a cache may keep, also that there is nothing; and of writes those that have changed something. */
function isOfUse(event: EventName, status: number): boolean {
  return (status >= 200 && status < 400) || (event === 'read' && (status === 404 || status === 410));
}

function eventOf(line: LogLine, place: number, keyOf: (text: string) => bigint): ForeignEvent | null {
  const event = eventOfMethod[line.method];
  if (event === undefined || !isOfUse(event, line.status)) return null;
  return {
    place,
    timeUs: line.timeUs,
    event: eventNames.indexOf(event),
    class: onlyClass,
    key: keyOf(line.target),
    // The size in the line of a write is that of the answer, and not that of the value.
    bytes: event === 'read' ? line.bytes : 0,
    lifetimeMs: 0,
    viewer: line.client === '-' ? unknownViewer : keyOf(line.client),
  };
}

async function* eventsOf(
  file: string,
  { parseLine, example, name, keyOf }: AccessLogFormat & KeyReader,
  complaints: Complaints,
): AsyncGenerator<ForeignEvent[]> {
  let lineCount = 0;
  for await (const { first, lines } of readLines(file, complaints)) {
    lineCount += lines.length;
    yield lines.flatMap((line, index) => {
      if (line === '') return [];
      const parsed = parseLine(line);
      if (parsed === null)
        throw complaints.at(
          first + index,
          `it is no line of an access log of ${name}; expected is: ${example}`,
        );
      return parsed === 'skip' ? [] : (eventOf(parsed, first + index, keyOf) ?? []);
    });
  }
  if (lineCount === 0) throw complaints.ofFile(`it is empty; an access log of ${name} is expected.`);
}

/** Leaves out what comes after later ones, and counts it. */
async function* withoutLate(
  pieces: AsyncIterable<readonly ForeignEvent[]>,
  late: { count: number },
): AsyncGenerator<readonly ForeignEvent[]> {
  // A recording may be read more than once.
  late.count = 0;
  let newestUs = -Infinity;
  for await (const piece of pieces) {
    yield piece.filter(({ timeUs }) => {
      const isLate = timeUs < newestUs;
      if (isLate) late.count += 1;
      else newestUs = timeUs;
      return !isLate;
    });
  }
}

/** A format whose lines are requests that were answered. */
export function accessLog(format: AccessLogFormat): RecordingFormat {
  return {
    name: format.name,
    summary: format.summary,
    isForeign: true,
    looksLike: format.looksLike,
    open: async (file, { classesMax }) => {
      const complaints = createComplaints(file, 'line');
      const { keyOf } = createKeyReader();
      const inOrder = () => reorder(eventsOf(file, { ...format, keyOf }, complaints));
      const late = { count: 0 };
      return {
        ...createForeignSource(format.name, {
          complaints,
          classesMax,
          events: () => (format.timesAre === 'begins' ? withoutLate(inOrder(), late) : inOrder()),
        }),
        late: () => late.count,
      };
    },
  };
}
