import type { OpenOptions } from '../recordings/read-recording.ts';
import { takeRecordingFigures } from '../trace-info/recording-figures.ts';
import { renderRecordingFigures } from '../trace-info/recording-text.ts';
import type { Terminal } from './terminal.ts';

export type TraceInfoOptions = OpenOptions & { readonly json?: boolean };

/** Prints what a designer of caches asks of a recording. */
export async function traceInfo(terminal: Terminal, file: string, options: TraceInfoOptions): Promise<void> {
  const figures = await takeRecordingFigures(file, { ...options, signal: terminal.signal });
  terminal.print(
    options.json === true
      ? `${JSON.stringify({ schemaVersion: 1, ...figures }, null, 2)}\n`
      : renderRecordingFigures(figures),
  );
}
