import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a process with a bounded heap has said, and the most memory that it had, whatever for. */
export type BoundedRun = {
  readonly status: number | null;
  readonly text: string;
  /** Null: it was killed before it could say so. */
  readonly residentMibMax: number | null;
};

/**
 * The size of each of three spaces in which new objects lie, beside the heap that is bounded. By default
 * these would be larger than that heap.
 */
const semiSpaceMib = 2;

const tellResident =
  'process.on("exit", () => console.error("resident KiB", process.resourceUsage().maxRSS));';

/**
 * Runs a module in a process whose heap may not grow beyond the limit; V8 kills it where it does. Each thread that it starts has a heap
 * with the same limit, so that the module is a file: threads are given the options of the process, and take no text.
 */
export function runBounded(script: string, limitMib: number): BoundedRun {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-bounded-'));
  const file = join(folder, 'bounded.mjs');
  writeFileSync(file, `${script}\n${tellResident}`);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`--max-old-space-size=${limitMib}`, `--max-semi-space-size=${semiSpaceMib}`, file],
    { encoding: 'utf8' },
  );
  rmSync(folder, { recursive: true });
  const told = /resident KiB (\d+)\n/.exec(stderr);
  return {
    status,
    text: stdout + stderr.replace(told?.[0] ?? '', ''),
    residentMibMax: told === null ? null : Number(told[1]) / 1_024,
  };
}

const recordBytes = 24;
const recordsPerPiece = 100_000;

/** A trace as libCacheSim has them: reads of few objects, a thousand in a second, over so many bytes. Returns how many. */
export function writeLongTrace(file: string, bytes: number, objects: number): number {
  const records = Math.ceil(bytes / recordBytes);
  const out = openSync(file, 'w');
  for (let first = 0; first < records; first += recordsPerPiece) {
    const count = Math.min(recordsPerPiece, records - first);
    const piece = new DataView(new ArrayBuffer(count * recordBytes));
    for (let index = 0; index < count; index += 1) {
      const record = first + index;
      piece.setUint32(index * recordBytes, Math.floor(record / 1_000), true);
      piece.setUint32(index * recordBytes + 4, (record * 7_919) % objects, true);
      piece.setUint32(index * recordBytes + 12, 100, true);
    }
    writeSync(out, new Uint8Array(piece.buffer));
  }
  closeSync(out);
  return records;
}
