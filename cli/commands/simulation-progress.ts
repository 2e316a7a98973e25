import { aboutSoMany, binarySize } from '../../app/contract/figure-text.ts';
import { formatDuration } from '../report/progress.ts';
import type { Terminal } from './terminal.ts';

/** Between two lines of progress. */
const progressMs = 1_000;

type Reporting = Pick<Terminal, 'clock' | 'report' | 'signal'>;

/** Tells how far it is, now and then. Stops at Ctrl-C. */
export function progressOf(terminal: Reporting, what: string): (events: number) => void {
  return nowAndThen(
    terminal,
    (events, seconds) => `${aboutSoMany(events)} events${what}, ${aboutSoMany(events / seconds)} a second`,
  );
}

/** The same, and once it is finished how fast it was and what it took: of a run that was long enough to be told of. */
export function progressToEnd(terminal: Reporting, what: string) {
  const { clock, report } = terminal;
  const tell = progressOf(terminal, what);
  const startedMs = clock.now();
  let events = 0;
  return {
    onProgress(count: number): void {
      events = count;
      tell(count);
    },
    finished(): void {
      const ms = clock.now() - startedMs;
      if (ms < progressMs) return;
      const memory = binarySize(process.resourceUsage().maxRSS * 1_024);
      const rate = aboutSoMany(events / (ms / 1_000));
      report(
        `${aboutSoMany(events)} events${what} in ${formatDuration(ms / 1_000)}, ${rate} a second; this process has taken ${memory} of memory at most.`,
      );
    },
  };
}

/** The same where it is known how many events there are: tells how long it will take. */
export function progressTowards(terminal: Reporting, all: number): (events: number) => void {
  return nowAndThen(terminal, (events, seconds) => {
    const share = all === 0 ? 1 : Math.min(1, events / all);
    return `  ${(100 * share).toFixed(0)} %, about ${formatDuration((seconds / share) * (1 - share))} left`;
  });
}

function nowAndThen(
  { clock, report, signal }: Reporting,
  tell: (events: number, seconds: number) => string,
): (events: number) => void {
  const startedMs = clock.now();
  let toldMs = startedMs;
  return (events) => {
    signal.throwIfAborted();
    const nowMs = clock.now();
    if (nowMs - toldMs < progressMs) return;
    toldMs = nowMs;
    report(tell(events, (nowMs - startedMs) / 1_000));
  };
}
