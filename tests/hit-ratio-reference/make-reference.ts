import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { countedFrom, referenceTraces } from './reference-traces.ts';
import type { ReferenceTrace } from './reference-traces.ts';

/**
 * Asks independent implementations what they hit on the traces, and writes it to `reference-hit-ratios.json`, which tests hold the
 * simulator to. Needs Python with libcachesim, a JDK, and from Maven Central Caffeine's jar and its simulator with all that it needs:
 *
 *     pip install libcachesim==0.3.5 numpy
 *     mvn dependency:copy-dependencies -DoutputDirectory=jars
 *     npm run hit-ratio-reference jars/caffeine-3.2.0.jar jars/simulator-3.2.0.jar
 *
 * with a pom.xml that depends on com.github.ben-manes.caffeine:simulator:3.2.0. The simulator is asked where all objects are of one size,
 * which is all that its policy knows.
 */
type Ratios = { readonly [policy: string]: { readonly [capacity: string]: number } };
type Answer = { readonly version?: string; readonly hitRatios: Ratios };

type Jars = { readonly library: string; readonly simulator: string };

const folder = import.meta.dirname;
const nameOf = (jar: string): string => jar.replace(/^.*\/|\.jar$/g, '');

function ask(
  command: string,
  before: readonly string[],
  trace: string,
  { capacities }: ReferenceTrace,
): Answer {
  const text = execFileSync(command, [...before, trace, String(countedFrom), ...capacities.map(String)], {
    encoding: 'utf8',
  });
  return JSON.parse(text) as Answer;
}

function measure(trace: ReferenceTrace, path: string, { library, simulator }: Jars) {
  writeFileSync(path, trace.objects.map((object) => `${object} ${trace.bytesOf(object)}\n`).join(''));
  const libCacheSim = ask('python3', [join(folder, 'libcachesim_reference.py')], path, trace);
  const askJava = (jars: string, program: string): Answer =>
    ask('java', ['-cp', jars, join(folder, program)], path, trace);
  const caffeine = askJava(library, 'CaffeineReference.java');
  const areOfOneSize = trace.objects.every((object) => trace.bytesOf(object) === 1);
  return {
    trace: trace.name,
    requests: trace.objects.length,
    hitRatios: {
      [`libCacheSim ${libCacheSim.version}`]: libCacheSim.hitRatios,
      [nameOf(library)]: caffeine.hitRatios,
      ...(areOfOneSize && {
        [`caffeine-${nameOf(simulator)}`]: askJava(
          join(dirname(simulator), '*'),
          'CaffeineSimulatorReference.java',
        ).hitRatios,
      }),
    },
  };
}

const [library, simulator] = process.argv.slice(2);
if (library === undefined || simulator === undefined)
  throw new RangeError('Usage: make-reference.ts CAFFEINE_JAR SIMULATOR_JAR');
const work = mkdtempSync(join(tmpdir(), 'hit-ratio-reference-'));
try {
  const measured = referenceTraces.map((trace) =>
    measure(trace, join(work, 'trace.txt'), { library, simulator }),
  );
  writeFileSync(join(folder, 'reference-hit-ratios.json'), `${JSON.stringify(measured, null, 2)}\n`);
} finally {
  rmSync(work, { recursive: true });
}
