import { createCache } from '../../app/cache/create-cache.ts';
import type { CachedEntity } from '../../app/cache/cache.ts';
import { cacheFigures } from '../../app/cache/figures.ts';
import { tierNamesOf } from '../../app/cache/tiers/index.ts';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { createSystemClock } from '../../app/clock.ts';
import { createFormatCacheStatus } from '../../app/http/cache-status.ts';
import { createTelemetry } from '../../app/observability/telemetry.ts';

/** Reads one key in two replicas of a candidate, and says what people are told of it: a header per read, and counters. */
const [text = ''] = process.argv.slice(2);
const { cache: settings } = parseCandidate(text);
const tiers = tierNamesOf(settings.tiers);
const clock = createSystemClock();
const telemetry = createTelemetry({
  strategy: settings.strategy,
  tiers,
  candidate: text,
  replica: 'r1',
  mode: 'metrics',
  tracing: null,
});
const open = (sender: string) =>
  createCache({
    candidate: settings,
    redis: null,
    sender,
    clock,
    random: () => 0.5,
    observe: telemetry.cache,
    runInBackground: (_, task) => void task,
    redisExpirySlackMs: 0,
    createChangeStream: () => ({ sender: null, start: async () => {}, stop: async () => {} }),
  });
const photo: CachedEntity<number, string> = {
  name: 'photo',
  freshness: 'versioned',
  loadMany: async (ids) => new Map(ids.map((id) => [id, { value: `photo ${id}`, version: 1 }])),
};
const [one, other] = [await open('one'), await open('other')];
const format = createFormatCacheStatus(tiers);
const told: string[] = [];
for (const cache of [one, other, other]) {
  const read = await cache.read(photo, 7);
  told.push(read === undefined ? '' : format(read, read.freshUntil));
}
const metrics = await telemetry.metrics.registry.metrics();
const counted = metrics.split('\n').filter((line) => line.startsWith('cache_requests_total{'));
const figures = cacheFigures.map((figure) => figure.name);
process.stdout.write(JSON.stringify({ told, counted, figures }));
