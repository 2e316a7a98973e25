import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runBounded, writeLongTrace } from '../../tests/support/bounded-process.ts';
import { createRecordingFolder } from '../../tests/support/made-recordings.ts';

const folder = createRecordingFolder();
after(folder.remove);

const mebibyte = 1_048_576;
const heapMib = 14;
/** What the columns of an event take that a batch has. */
const eventBytes = 46;
/** All of them would take ten times the heap. */
const columnsMib = heapMib * 10;
const objects = 5_000;

const urlOf = (name: string): string => JSON.stringify(join(import.meta.dirname, '..', name));

test('what a recording holds that would fill ten heaps is simulated by several threads, drawn as a curve, and described', () => {
  const trace = folder.in('long.oracleGeneral');
  const records = writeLongTrace(trace, ((columnsMib * mebibyte) / eventBytes) * 24, objects);
  const { status, text, residentMibMax } = runBounded(
    `
    import { parseCandidate } from ${urlOf('../app/candidates/parse-candidate.ts')};
    import { openReads } from ${urlOf('recordings/read-recording.ts')};
    import { measureCurves } from ${urlOf('simulator/measure-curves.ts')};
    import { simulateRecording } from ${urlOf('simulator/simulate-recording.ts')};
    import { takeRecordingFigures } from ${urlOf('trace-info/recording-figures.ts')};
    const file = ${JSON.stringify(trace)};
    const candidates = ['sieve', 'lru'].map((eviction) =>
      parseCandidate('cache-aside:tiers=memory,memory=256KiB,ttl=1h,eviction=' + eviction));
    const simulated = await simulateRecording(await openReads(file), candidates, { replicas: 1, threads: 2 });
    const curves = await measureCurves(await openReads(file), { policies: ['lru'], threads: 2 });
    const figures = await takeRecordingFigures(file);
    for (const { reads, evictions } of simulated) console.log(reads, evictions > 0);
    console.log(curves.reads, curves.objects, figures.reads, figures.objects);
  `,
    heapMib,
  );
  const ofEach = `${records} true\n`.repeat(2);
  assert.equal(text, `${ofEach}${records} ${objects} ${records} ${objects}\n`);
  assert.equal(status, 0);
  // Columns lie outside of the heap, which its limit does not hold. What the process and its threads take without them is more than half of that.
  assert.ok(residentMibMax !== null && residentMibMax < 1.5 * columnsMib, `${residentMibMax} MiB`);
});
