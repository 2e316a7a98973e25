import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSystemClock, createWallClock } from '../app/clock.ts';
import { createDriverMetrics } from '../cli/driver/driver-metrics.ts';
import { createPlanner } from '../cli/k6/request-plans.ts';
import { provideK6 } from '../cli/stack/k6-binary.ts';
import { runEndlessLoad } from '../cli/watch/endless-load.ts';
import { createStackContext } from '../cli/worlds/workbench.ts';
import type { RunSettings } from '../loadtests/workloads/run-settings.ts';
import { createSchedule } from '../loadtests/workloads/schedule.ts';
import { traceparentOf } from '../loadtests/workloads/trace-context.ts';
import { createWorkload } from '../loadtests/workloads/workload.ts';

const checkout = join(import.meta.dirname, '..');
const population = { seed: 1, people: 60, photos: 300, followers: 'heavy' } as const;
const rate = 25;
const lengths = { firstSeconds: 6, laterSeconds: 6, leadSeconds: 5 };
const facts = { scenario: 'feed-browsing', candidates: ['a'], seed: 1, telemetry: 'metrics' } as const;

/** The lead is five sixths of a pass; a busy machine may take most of that. */
const stillToComeMin = 0.1;

type Happening = { readonly atMs: number; readonly what: 'planned' | 'asked'; readonly pass: number };

/** Which pass a request is of, by the ids of its trace. */
function passesOf({ seed, ...settings }: RunSettings): ReadonlyMap<string, number> {
  const schedule = createSchedule({ seed, ...settings });
  const { to } = schedule.arrivalsOf(settings.passes.length - 1);
  return new Map(
    Array.from({ length: to }, (_, arrival) => schedule.placeOf(arrival)).flatMap((place) =>
      place === null ? [] : [[traceparentOf(seed, place, schedule.targetOf(place)), place.pass]],
    ),
  );
}

test('the next pass of a load is ready before the last one is over, and begins when it is due', async () => {
  const { now } = createWallClock();
  const happened: Happening[] = [];
  const due: (number | undefined)[] = [];
  const passOf = new Map<string, number>();
  const ending = new AbortController();
  const server = createServer((request, response) => {
    const pass = passOf.get(String(request.headers['traceparent']));
    if (pass !== undefined) happened.push({ atMs: now(), what: 'asked', pass });
    if (pass === 2) ending.abort();
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const plan = createPlanner(createWorkload({ ...population, mix: 'social-default' }));
  const planned = (settings: RunSettings) => {
    due.push(settings.startAtMs);
    for (const [traceparent, pass] of passesOf(settings)) passOf.set(traceparent, pass);
    happened.push({ atMs: now(), what: 'planned', pass: due.length - 1 });
    return plan(settings);
  };
  const bench = { checkout, clock: createSystemClock(), signal: ending.signal, report: () => {} };
  const driver = createDriverMetrics();
  const meters = [driver.meterLoad(facts, now), driver.meterLoad(facts, now)] as const;
  try {
    const context = createStackContext(bench);
    const k6 = await provideK6(context);
    const load = {
      scenario: 'feed-browsing',
      rate,
      population,
      targets: { worlds: [[address]] },
      planned,
      lengths,
    } as const;
    await runEndlessLoad({ context, checkout }, k6, load, meters);
  } finally {
    server.close().closeAllConnections();
  }
  const indexes = (what: Happening['what'], pass: number) =>
    happened.flatMap((one, index) => (one.what === what && one.pass === pass ? [index] : []));
  for (const pass of [1, 2]) {
    const [ready = Infinity] = indexes('planned', pass);
    const before = indexes('asked', pass - 1);
    // Late answers alone would also come behind a start at the very end.
    assert.ok(
      before.filter((index) => index > ready).length > before.length * stillToComeMin,
      `pass ${pass} is planned while the one before it runs`,
    );
    const first = happened[indexes('asked', pass)[0] ?? -1];
    assert.ok(
      first !== undefined && first.atMs >= (due[pass] ?? Infinity),
      `pass ${pass} waits until it is due`,
    );
  }
  // A place of the schedule after the other: what lies between two beginnings is the pass.
  assert.ok((due[2] ?? 0) >= (due[1] ?? Infinity) + lengths.laterSeconds * 1000);
  assert.equal(due[0], undefined);
});
