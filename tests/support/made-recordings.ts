import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unknownReplica, unknownRequest, unknownViewer } from '../../cli/recordings/recording.ts';
import type { RecordedEvent, RecordingMeta } from '../../cli/recordings/recording.ts';
import { createRecordingWriter } from '../../cli/recordings/write-recording.ts';

/** A folder for the files of one test file. */
export function createRecordingFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-recordings-'));
  return { in: (name: string) => join(folder, name), remove: () => rmSync(folder, { recursive: true }) };
}

const meta: RecordingMeta = { version: 1, source: 'test', identifiers: 'hashed' };

/** An event with the parts that matter to a test. */
export function recordedEvent(parts: Partial<RecordedEvent> = {}): RecordedEvent {
  return {
    timeUs: 0,
    event: 'read',
    request: unknownRequest,
    class: 'photo',
    key: 1n,
    bytes: 100,
    lifetimeMs: 0,
    viewer: unknownViewer,
    replica: unknownReplica,
    outcome: '',
    ...parts,
  };
}

export function writeTestRecording(
  file: string,
  events: Iterable<Partial<RecordedEvent>>,
  more: Partial<RecordingMeta> = {},
): void {
  const writer = createRecordingWriter(file, { ...meta, ...more });
  for (const event of events) writer.add(recordedEvent(event));
  writer.finish();
}

/** All that comes. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}
