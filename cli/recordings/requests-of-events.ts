import type { EventsSource } from './event-batch.ts';
import { eventNames, unknownRequest } from './recording.ts';
import type { EventName, RecordedRequest, RequestsSource } from './recording.ts';
import { RecordingInvalid } from './recording-invalid.ts';

/**
 * What the reads and writes of a foreign recording are sent as: its objects become photos. A write is a new caption, which invalidates and
 * piles nothing up; so is a removal, since the photo may be asked for again.
 */
const sentAs: Readonly<Record<Exclude<EventName, 'request'>, string>> = {
  read: 'photoPage',
  write: 'editCaption',
  remove: 'editCaption',
};

/** The requests of events: those that were recorded as such. `isForeign`: each read and write is one. */
export function requestsOfEvents(
  source: EventsSource,
  { file, isForeign }: { readonly file: string; readonly isForeign: boolean },
): RequestsSource {
  return {
    meta: source.meta,
    isForeign,
    ...(source.late !== undefined && { late: source.late }),
    async *requests() {
      let count = 0;
      for await (const batch of source.batches()) {
        for (let row = 0; row < batch.length; row += 1) {
          const name = eventNames[batch.event[row] ?? 0] ?? 'read';
          const operation =
            name === 'request'
              ? (source.classes()[batch.class[row] ?? 0] ?? '')
              : isForeign
                ? sentAs[name]
                : null;
          if (operation === null) continue;
          yield requestAt(batch, row, operation, isForeign ? count : (batch.request[row] ?? unknownRequest));
          count += 1;
        }
      }
      if (count === 0) throw new RecordingInvalid(`${file} has no requests, which are what is replayed.`);
    },
  };
}

function requestAt(
  { timeUs, key, viewer }: { timeUs: Float64Array; key: BigInt64Array; viewer: BigInt64Array },
  row: number,
  operation: string,
  request: number,
): RecordedRequest {
  return {
    timeUs: timeUs[row] ?? 0,
    operation,
    subject: key[row] ?? 0n,
    viewer: viewer[row] ?? 0n,
    request,
  };
}
