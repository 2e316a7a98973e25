import type { EventsSource } from './event-batch.ts';

export type OpenFormatOptions = {
  /** CSV only: which column is what, `time=ts,key=obj`. */
  readonly columns?: string;
  readonly classesMax: number;
};

/** A format as the list knows it. */
export type RecordingFormat = {
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  /** Others wrote it: it has reads or requests, never both, and each is taken for the other. */
  readonly isForeign: boolean;
  /** Whether a file looks like it: its name without what says how it is packed, and its first bytes, unpacked. */
  readonly looksLike: (name: string, head: Buffer) => boolean;
  readonly open: (file: string, options: OpenFormatOptions) => Promise<EventsSource>;
};
