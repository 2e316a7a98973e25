import { edgeClasses, edgeOutcomes } from '../contract/edge-metrics.ts';
import { createAcknowledgedWrites } from './acknowledged-writes.ts';
import type { AcknowledgedWrites } from './acknowledged-writes.ts';
import type { EdgeObserver } from './edge-events.ts';

/**
 * How `varnishncsa` writes a request: what `edge.vcl` says of it, method, status, bytes of the body, microseconds, objects that it purged,
 * the version of what it has shown, and those of what it has written. What does not apply is a dash.
 */
export const logFormat =
  '%{VCL_Log:edge}x\t%m\t%s\t%b\t%D\t%{VCL_Log:purge}x\t%{VCL_Log:shown}x\t%{VCL_Log:wrote}x';

/** A log line is far shorter; more without an end is none. */
const lineCharactersMax = 64 * 1024;

export type RequestLog = {
  readonly take: (piece: string) => void;
  /** Resolves when a request was read that this process has marked so; then all that was answered before it was read. */
  readonly untilMark: (mark: string) => Promise<void>;
  /** Nobody waits for it any longer. */
  readonly forget: (mark: string) => void;
};

/** Reads lines out of pieces of a log, and tells what they say. */
export function createRequestLog(observe: EdgeObserver): RequestLog {
  const waiting = new Map<string, () => void>();
  const writes = createAcknowledgedWrites();
  let unread = '';
  return {
    untilMark(mark) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.set(mark, resolve);
      return promise;
    },
    forget: (mark) => void waiting.delete(mark),
    take(piece) {
      const lines = (unread + piece).split('\n');
      unread = (lines.pop() ?? '').slice(-lineCharactersMax);
      for (const line of lines) {
        const mark = /^mark (\S+)/.exec(line)?.[1];
        if (mark === undefined) tell(line, observe, writes);
        else {
          waiting.get(mark)?.();
          waiting.delete(mark);
        }
      }
    },
  };
}

function tell(line: string, observe: EdgeObserver, writes: AcknowledgedWrites): void {
  const [what = '', method = '', status, bytes, durationUs, purged, shown = '', wrote = ''] =
    line.split('\t');
  const objects = numberOr(purged, null);
  if (objects !== null) observe.purged(objects);
  const [className, outcomeName] = what.split(' ');
  const edgeClass = edgeClasses.find((name) => name === className);
  const outcome = edgeOutcomes.find((name) => name === outcomeName);
  // A health check, or a request that was none.
  if (edgeClass === undefined || outcome === undefined) return;
  observe.answered({
    class: edgeClass,
    outcome,
    method,
    status: numberOr(status, 0),
    bytes: numberOr(bytes, 0),
    durationUs: numberOr(durationUs, 0),
  });
  noteWrites(wrote, writes);
  const forMs = outdatedForMs(shown, writes);
  if (forMs !== null) observe.outdated(outcome, forMs);
}

/** `1764486000.123 photo-7=12 comments-7=gone`. */
function noteWrites(wrote: string, writes: AcknowledgedWrites): void {
  const [seconds, ...things] = wrote.split(' ');
  for (const thing of things) {
    const [, key = '', version] = /^([a-z_]+-\d+)=(\d+|gone)$/.exec(thing) ?? [];
    if (version === undefined) continue;
    writes.acknowledged(
      key,
      version === 'gone' ? Number.POSITIVE_INFINITY : Number(version),
      Number(seconds) * 1_000,
    );
  }
}

/** `1764486000.123 photo-7=12`: when it was asked for. */
function outdatedForMs(shown: string, writes: AcknowledgedWrites): number | null {
  const [, seconds, key = '', version] = /^(\d+\.\d+) ([a-z_]+-\d+)=(\d+)$/.exec(shown) ?? [];
  return version === undefined ? null : writes.outdatedForMs(key, Number(version), Number(seconds) * 1_000);
}

function numberOr<None>(text: string | undefined, none: None): number | None {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : none;
}
