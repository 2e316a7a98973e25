import type { Place } from '../../loadtests/workloads/schedule.ts';
import type { ScheduledPass } from '../../loadtests/workloads/run-settings.ts';
import type { SampleRow } from './sample-rows.ts';

/** What the samples say of one request in one world. Times in microseconds since the epoch; NaN: not answered (yet). */
export type SentRequest = {
  readonly endUs: number;
  readonly durationUs: number;
  /** Of opening its connection; 0 where one was open. */
  readonly openingUs: number;
  readonly status: number;
  readonly isExpected: boolean;
  /** Null where its sample does not say. */
  readonly operation: string | null;
  /** A replica was asked, since the edge had not answered. */
  readonly isPastEdge: boolean;
};

/** The requests of one scheduled pass, by request and world. Columns of numbers: a pass may have a hundred thousand. */
export function createSentRequests(scheduled: ScheduledPass, worlds: number) {
  const size = scheduled.requests * worlds;
  const endUs = new Float64Array(size).fill(Number.NaN);
  const durationUs = new Float64Array(size);
  const openingUs = new Float64Array(size);
  const status = new Uint16Array(size);
  const isExpected = new Uint8Array(size);
  const operation = new Uint8Array(size);
  const isPastEdge = new Uint8Array(size);
  const operationOf = createNumbering();
  let answered = 0;
  const slotOf = (request: number, world: number): number => (request - scheduled.first) * worlds + world;
  return {
    add({ request, world }: Place, row: SampleRow): void {
      const slot = slotOf(request, world);
      if (row.metric === 'http_req_connecting') openingUs[slot] = row.value * 1000;
      if (row.metric !== 'http_req_duration') return;
      answered += 1;
      endUs[slot] = row.timestampUs;
      durationUs[slot] = row.value * 1000;
      status[slot] = row.status;
      isExpected[slot] = row.isExpected ? 1 : 0;
      operation[slot] = operationOf.number(row.operation);
      isPastEdge[slot] = row.attempt > 1 ? 1 : 0;
    },
    answered: () => answered,
    at(request: number, world: number): SentRequest {
      const slot = slotOf(request, world);
      return {
        endUs: endUs[slot] as number,
        durationUs: durationUs[slot] as number,
        openingUs: openingUs[slot] as number,
        status: status[slot] as number,
        isExpected: isExpected[slot] === 1,
        operation: operationOf.name(operation[slot] ?? 0),
        isPastEdge: isPastEdge[slot] === 1,
      };
    },
  };
}

/** Numbers for names, of which there are few; 0 for none. */
function createNumbering() {
  const numbers = new Map<string, number>();
  const names: (string | null)[] = [null];
  return {
    number(name: string | null): number {
      if (name === null) return 0;
      const known = numbers.get(name);
      if (known !== undefined) return known;
      numbers.set(name, names.length);
      return names.push(name) - 1;
    },
    name: (number: number): string | null => names[number] ?? null,
  };
}

export type SentRequests = ReturnType<typeof createSentRequests>;

/** When it was sent, on an open connection. */
export function sentAtUs({ endUs, durationUs }: SentRequest): number {
  return endUs - durationUs;
}

export function isAnswered({ endUs }: SentRequest): boolean {
  return !Number.isNaN(endUs);
}
