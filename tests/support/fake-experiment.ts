import type { K6Drive, K6End } from '../../cli/k6/run-k6.ts';
import type { SampleRow } from '../../cli/k6/sample-rows.ts';
import type { Sources } from '../../cli/experiment/together/readings.ts';
import { keyOf } from '../../cli/figures/counts.ts';
import type { Counts } from '../../cli/figures/counts.ts';
import { servedRequests } from '../../cli/figures/taken-counters.ts';
import { sumCounters } from '../../cli/worlds/service-counters.ts';
import type { World } from '../../cli/worlds/world.ts';
import type { ProcessName } from '../../cli/worlds/world-process.ts';
import { arrivalCount, arrivalRate } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { createSchedule } from '../../loadtests/workloads/schedule.ts';
import { createFakeClock } from './fake-clock.ts';
import { samplesOf } from './fake-samples.ts';
import type { FakeRun } from './fake-samples.ts';

/** How a fake k6 behaves; all times from when it is begun. */
export type FakeK6 = Pick<FakeRun, 'met' | 'isDropped'> & {
  /** Absent: it ends with its schedule. */
  readonly ends?: { readonly afterMs: number; readonly failure: string | null };
  /** Ends it by an error, not by a failure. */
  readonly breaksAfterMs?: number;
  /** Absent: at once. */
  readonly beginsAfterMs?: number;
  /** Absent: 300,000. */
  readonly cpuUsPerSecond?: number;
};

export type FakeWorldSettings = {
  readonly label: string;
  /** CPU of the service for its request number `served`, microseconds; null: the platform does not tell. Absent: 1,000. */
  readonly cpuUsOf?: (served: number) => number | null;
  readonly idleCpuUsPerSecond?: number;
  /** Of a worker that runs beside the replicas, and idles as they do; absent: none runs. */
  readonly workerCpuUsPerRequest?: number;
  /** What else it counts. */
  readonly counts?: (served: number) => Counts;
  readonly lostProcesses?: () => readonly ProcessName[];
};

/** CPU that the fake k6 uses where nothing else is said. */
export const driverCpuUsPerSecond = 300_000;
const postgresCpuUsPerRequest = 200;

type Running = {
  readonly endsMs: number;
  readonly rows: readonly SampleRow[];
  /** The first row that has not come yet. */
  next: number;
  readonly onRow: (row: SampleRow) => void;
  readonly end: () => void;
};

/** Worlds, a k6 and a clock that exist in memory only. Time passes where somebody waits, and samples come as it passes. */
export function createFakeExperiment(
  worldSettings: readonly FakeWorldSettings[],
  behaviour: (settings: RunSettings) => FakeK6 = () => ({}),
) {
  const clock = createFakeClock(1_700_000_000_000);
  const beganMs = clock.now();
  const served = worldSettings.map(() => 0);
  const cpuUs = worldSettings.map((): number | null => 0);
  const readAtMs: number[] = [];
  let running: Running | null = null;

  const answered = (world: number): void => {
    served[world] = (served[world] ?? 0) + 1;
    const { cpuUsOf = () => 1_000 } = worldSettings[world] ?? {};
    const used = cpuUsOf(served[world]);
    const before = cpuUs[world] ?? null;
    cpuUs[world] = used === null || before === null ? null : before + used;
  };
  /** Gives on what came until then. */
  const pass = (untilMs: number): void => {
    for (;;) {
      const row = running?.rows[running.next];
      if (running === null || row === undefined || row.timestampUs > Math.min(untilMs, running.endsMs) * 1000)
        break;
      running.next += 1;
      running.onRow(row);
    }
    clock.advance(untilMs - clock.now());
    if (running !== null && running.endsMs <= untilMs) running.end();
  };
  const wait = async (ms: number): Promise<void> => {
    pass(clock.now() + ms);
    await new Promise((resolve) => setImmediate(resolve));
  };

  const worlds = worldSettings.map((settings, world) => {
    const { label, idleCpuUsPerSecond = 0, workerCpuUsPerRequest, counts, lostProcesses } = settings;
    const idleUs = () => ((clock.now() - beganMs) / 1000) * idleCpuUsPerSecond;
    return {
      label,
      database: `of_${label}`,
      redis: null,
      lostProcesses: lostProcesses ?? (() => []),
      cpuUsByKind: () => ({
        service: cpuUs[world] === null ? null : (cpuUs[world] ?? 0) + idleUs(),
        ...(workerCpuUsPerRequest !== undefined && {
          worker: workerCpuUsPerRequest * (served[world] ?? 0) + idleUs(),
        }),
      }),
      readCounters: async () => {
        readAtMs.push(clock.now());
        const count = served[world] ?? 0;
        return [{ ...sumCounters([]), counts: { [keyOf(servedRequests)]: count, ...counts?.(count) } }];
      },
    } as unknown as World;
  });
  const sources: Sources = {
    worlds,
    postgres: {
      read: async () => ({
        byDatabase: new Map(
          worlds.map(({ database }, world) => [database, postgresCpuUsPerRequest * (served[world] ?? 0)]),
        ),
        sharedUs: 0,
      }),
      stop: async () => {},
    },
    clock,
    wallClock: () => new Date(clock.now()),
  };

  const drive = (settings: RunSettings, onRow: (row: SampleRow) => void, enough: AbortSignal): K6Drive => {
    const { promise: ended, resolve, reject } = Promise.withResolvers<K6End>();
    const { ends, breaksAfterMs, beginsAfterMs = 0, cpuUsPerSecond, ...run } = behaviour(settings);
    const driveBeganMs = clock.now();
    const rows = samplesOf({ settings, originUs: (driveBeganMs + beginsAfterMs) * 1000, ...run });
    const lengthMs = (arrivalCount(settings) / arrivalRate(settings)) * 1000;
    const lastAnswerMs = (rows.at(-1)?.timestampUs ?? 0) / 1000 - driveBeganMs;
    const endsAfterMs = breaksAfterMs ?? ends?.afterMs ?? Math.max(beginsAfterMs + lengthMs, lastAnswerMs);
    const schedule = createSchedule(settings);
    const end = (): void => {
      if (running?.end !== end) return;
      running = null;
      if (breaksAfterMs !== undefined) reject(new RangeError('a row could not be read'));
      else resolve({ failure: ends?.failure ?? null, cpuUs: null });
    };
    running = {
      endsMs: driveBeganMs + endsAfterMs,
      rows,
      next: 0,
      onRow: (row) => {
        const place = row.index === null ? null : schedule.placeOf(row.index);
        if (place !== null && row.metric === 'http_req_duration') answered(place.world);
        onRow(row);
      },
      end,
    };
    const stop = (): void => {
      if (running?.end !== end) return;
      running = null;
      resolve({ failure: null, cpuUs: null });
    };
    enough.addEventListener('abort', stop, { once: true });
    return {
      cpuUs: () => ((clock.now() - driveBeganMs) / 1000) * (cpuUsPerSecond ?? driverCpuUsPerSecond),
      ended,
    };
  };
  return { clock, sources, wait, drive, readAtMs, isDriven: () => running !== null };
}
