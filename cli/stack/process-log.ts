import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeFileSync } from 'node:fs';

/** A log is appended to by run after run; one that has grown beyond this is begun anew. */
const bytesMax = 2 ** 20;
/** The last lines of a log are sought in this much of it. */
const tailBytesMax = 2 ** 16;

/** What one process has written to a log that others write to as well. */
export type ProcessLog = {
  readonly file: string;
  /** Open for appending, until `closeSync`. */
  readonly fd: number;
  /** Where what this process writes begins. */
  readonly from: number;
};

/** Opens a log for a process that is about to start. Of a log that is too large, the end is kept as `<file>.old`. */
export function openLog(file: string): ProcessLog {
  const fd = openSync(file, 'a+', 0o600);
  const { size } = fstatSync(fd);
  if (size <= bytesMax) return { file, fd, from: size };
  // The log is emptied and not replaced: another run may have it open, and goes on writing at its end.
  writeFileSync(`${file}.old`, readBytes(fd, size - bytesMax, size), { mode: 0o600 });
  ftruncateSync(fd);
  return { file, fd, from: 0 };
}

function readBytes(fd: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from));
}

/** The last lines that were written from this place on, for a message; none when the log cannot be read. */
export function tailOf({ file, from }: Pick<ProcessLog, 'file' | 'from'>, lines: number): string {
  try {
    const fd = openSync(file, 'r');
    try {
      const { size } = fstatSync(fd);
      // Where the log is shorter than it was, another run has begun it anew.
      const begin = size < from ? 0 : from;
      const text = readBytes(fd, Math.max(begin, size - tailBytesMax), size).toString();
      return text.trimEnd().split('\n').slice(-lines).join('\n  ');
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
