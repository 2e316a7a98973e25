import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  checkLengthShares,
  checkLengths,
  checkLists,
  checkNames,
  checkScenarioList,
} from './tidy/file-rules.ts';
import { checkCycles, checkImports, checkTargets, checkTwoWay } from './tidy/import-rules.ts';
import { checkPeers } from './tidy/peer-rules.ts';
import { readRepository } from './tidy/source-file.ts';
import type { Check, SourceFile } from './tidy/source-file.ts';
import { checkConstructs, checkForeignText } from './tidy/text-rules.ts';
import { checkTime } from './tidy/time-rules.ts';

const repository = readRepository(join(import.meta.dirname, '..'));

const file = (path: string, text = ''): SourceFile => ({ path, text });
const lines = (count: number): string => 'x;\n'.repeat(count);

/** Each rule, how many complaints it must have about planted files, and those files. */
const rules: readonly {
  name: string;
  check: Check;
  planted: readonly (readonly [number, ...SourceFile[]])[];
}[] = [
  {
    name: 'imports follow the import table',
    check: checkImports,
    planted: [
      [1, file('app/contract/headers.ts', "import type { Clock } from '../clock.ts';")],
      [1, file('app/contract/headers.ts', "import { join } from 'node:path';")],
      [1, file('app/cache/strategies/late.ts', "export { likePhoto } from '../../likes/like-service.ts';")],
      [1, file('app/cache/cache.ts', "type Photo = import('../photos/photo-service.ts').Photo;")],
      [1, file('app/cache/reads/single-flight.ts', "import { Redis } from 'ioredis';")],
      [1, file('app/likes/like-routes.ts', "import { Type } from 'typebox';")],
      [0, file('app/likes/like-routes.ts', "import type { XStatic } from 'typebox/schema';")],
      [1, file('app/likes/like-service.ts', "const photos = await import('../photos/photo-store.ts');")],
      [0, file('app/likes/like-service.ts', "import { photos } from '../photos/photo-service.ts';")],
      [0, file('app/likes/like-service.ts', "import { likes } from './like-store.ts';")],
      [1, file('app/storage/postgres.ts', "import { readConfig } from '../config.ts';")],
      [0, file('app/storage/postgres.ts', "import type { Config } from '../config.ts';")],
      [1, file('app/main.ts', "import { compare } from '../cli/commands/compare.ts';")],
      [1, file('app/main.ts', 'const part = await import(nameOfPart);')],
      [1, file('app/process/run-process.ts', "import { buildApp } from '../build-app.ts';")],
      [0, file('app/processes/worker.ts', "import { buildApp } from '../build-app.ts';")],
      [1, file('app/http/late.ts', "import { createServer } from 'node:http';")],
      [0, file('app/http/late.ts', "import type { Server } from 'node:http';")],
      [1, file('loadtests/workloads/zipf.ts', "import { randomUUID } from 'node:crypto';")],
      [1, file('cli/main.ts', "import { createTestDatabase } from '../tests/support/databases.ts';")],
      [1, file('cli/worlds/world.ts', "import { buildApp } from '../../app/build-app.ts';")],
      [0, file('cli/worlds/world.test.ts', "import { buildApp } from '../../app/build-app.ts';")],
      [1, file('elsewhere/late.ts')],
    ],
  },
  {
    name: 'only the benches know the peers',
    check: checkPeers,
    planted: [
      [
        1,
        file('package.json', '{"dependencies":{"lru-cache":"1"}}'),
        file('benches/package.json', '{"dependencies":{"lru-cache":"1","@somebody/peer":"1"}}'),
        file(
          'app/a.ts',
          "import { LRUCache } from 'lru-cache'; import { peer } from '@somebody/peer/redis';",
        ),
      ],
      [1, file('tests/a.test.ts', "import type { Bench } from '../benches/harness/bench.ts';")],
      [0, file('benches/main.ts', "import { peer } from '@somebody/peer'; import './harness/bench.ts';")],
    ],
  },
  {
    name: 'there are no import cycles, types included',
    check: checkCycles,
    planted: [
      [
        1,
        file('app/a.ts', "import type { B } from './b.ts';"),
        file('app/b.ts', "import { c } from './c.ts';"),
        file('app/c.ts', "export * from './a.ts';"),
      ],
      [1, file('app/a.ts', "import './a.ts';")],
      [
        0,
        file('app/a.ts', "import './b.ts'; import './c.ts';"),
        file('app/b.ts', "import './c.ts';"),
        file('app/c.ts'),
      ],
    ],
  },
  {
    name: 'no two folders import each other, types included',
    check: checkTwoWay,
    planted: [
      [
        1,
        file('cli/traces/a.ts', "import type { B } from '../watch/b.ts';"),
        file('cli/watch/b.ts'),
        file('cli/watch/c.ts', "import { d } from '../traces/d.ts';"),
        file('cli/traces/d.ts'),
      ],
      [
        0,
        file('app/cache/a.ts', "import './reads/b.ts';"),
        file('app/cache/reads/b.ts', "import '../c.ts';"),
        file('cli/a.test.ts', "import './watch/b.ts';"),
      ],
    ],
  },
  {
    name: 'imports lead to files that exist',
    check: checkTargets,
    planted: [[1, file('app/a.ts', "import { b } from './b.js';"), file('app/b.ts')]],
  },
  {
    name: 'no file is too long',
    check: checkLengths,
    planted: [
      [1, file('app/a.ts', lines(401))],
      [0, file('app/a.ts', lines(400))],
      [1, file('app/a.test.ts', lines(501))],
      [0, file('app/a.test.ts', lines(500))],
    ],
  },
  {
    name: 'most files are short',
    check: checkLengthShares,
    planted: [
      [1, file('app/a.ts', lines(100)), file('app/b.ts', lines(100)), file('app/c.ts', lines(99))],
      [2, file('app/a.ts', lines(250))],
      [0, file('app/a.ts', lines(100)), file('app/b.ts', lines(99))],
    ],
  },
  {
    name: 'names are unique, in kebab-case and say something',
    check: checkNames,
    planted: [
      [1, file('app/cache/entry.ts'), file('cli/entry.ts')],
      [0, file('app/main.ts'), file('cli/main.ts')],
      [1, file('app/photoStore.ts')],
      [1, file('app/cache-utils.ts')],
      [1, file('app/helpers/cache.ts')],
      [1, file('app/types.ts')],
      [1, file('app/a/b/c/d/late.ts')],
      [0, file('app/a/b/c/early.ts')],
    ],
  },
  {
    name: 'lists are complete',
    check: checkLists,
    planted: [
      [
        1,
        file('app/cache/strategies/index.ts', "import { first } from './first.ts';"),
        file('app/cache/strategies/first.ts'),
        file('app/cache/strategies/second.ts'),
        file('app/cache/strategies/second.test.ts'),
      ],
    ],
  },
  {
    name: 'every scenario is listed',
    check: checkScenarioList,
    planted: [[1, file('loadtests/scenarios/nobody-knows.ts'), file('loadtests/workloads/scenario-list.ts')]],
  },
  {
    name: 'no enum, no bare Error, no unnamed SQL, and chance is passed in',
    check: checkConstructs,
    planted: [
      [1, file('app/a.ts', 'export enum Colour { red }')],
      [1, file('app/a.ts', "throw new Error('broken');")],
      [1, file('app/a.ts', "throw Error('broken');")],
      [0, file('app/a.ts', "// new Error('quoted')\nthrow new RangeError('broken');")],
      [1, file('app/a.ts', 'const random = Math.random;')],
      [1, file('cli/a.ts', 'const client = new pg.Client({ connectionString: url });')],
      [0, file('cli/a.ts', 'const pool = new pg.Pool({ ...connectionTo(url), max: 1 });')],
      [0, file('app/process/process-parts.ts', 'const random = Math.random;')],
      [1, file('app/a.ts', "await client.query('SELECT 1');")],
      [1, file('app/a.ts', 'await client.query<Row>(`SELECT ${what}`);')],
      [0, file('app/a.ts', 'await client.query(selectOne.text, [7]);')],
    ],
  },
  {
    name: 'time is passed in, but where a reason is given',
    check: checkTime,
    planted: [
      [1, file('app/a.ts', 'const now = Date.now();')],
      [1, file('app/a.ts', 'const now = new Date();')],
      [1, file('app/a.ts', 'const said = Date();')],
      [2, file('cli/a.ts', 'const { now } = performance; const startedAtMs = performance.now();')],
      [1, file('cli/a.ts', 'const { now: tell } = globalThis.performance;')],
      [1, file('cli/a.ts', "const startedAtMs = performance['now']();")],
      [2, file('app/a.ts', 'const ns = process.hrtime.bigint(); const { hrtime } = process;')],
      [1, file('app/a.ts', "import { hrtime } from 'node:process';")],
      [0, file('app/a.ts', 'const { timeOrigin } = performance; const { now } = clock;')],
      [1, file('app/a.ts', 'const clock = createSystemClock();')],
      [1, file('cli/a.ts', 'const { now } = createWallClock();')],
      [0, file('app/a.ts', 'const clock = createStoppableClock(base);')],
      [1, file('loadtests/k6/a.ts', 'const startedAtMs = Date.now();')],
      [1, file('dashboards/boards/a.ts', 'const generatedAt = new Date();')],
      [1, file('app/a.ts', 'const clock = { now: performance.now };')],
      [0, file('app/a.ts', 'const then = new Date(0); clock.now();')],
      [0, file('app/a.test.ts', 'const startedAtMs = performance.now();')],
      [0, file('benches/a.ts', 'const startedAtMs = performance.now();')],
      [0, file('app/http/request-metrics.ts', 'const startedAtMs = performance.now();')],
      [1, file('app/http/request-metrics.ts', 'a listed file that reads no time'.replaceAll(' ', ';'))],
      [1, file('app/a.ts', "const text = 'DELETE FROM leases WHERE until < now()';")],
      [1, file('app/a.ts', 'const text = `SELECT ${columns} WHERE until < CURRENT_TIMESTAMP`;')],
      [1, file('app/a.ts', `const lua = "local now = redis.call('TIME')";`)],
      [1, file('app/a.ts', `const lua = 'local now = redis.call("TIME")';`)],
      [1, file('app/a.ts', 'const lua = "local now = redis.pcall( \\"time\\" )";')],
      [0, file('app/a.ts', '// now() in a comment\nconst text = `WHERE until < $1`;')],
      [1, file('app/storage/migrations/0099-a.sql', 'SELECT clock_timestamp();')],
      [0, file('app/storage/migrations/0099-a.sql', '-- now() decides nothing\nSELECT 1;')],
    ],
  },
  {
    name: 'nothing names one machine or one network',
    check: checkForeignText,
    planted: [
      [1, file('README.md', `see ${'/ho'}me/somebody/notes`)],
      [1, file('cli/a.ts', `const folder = '${'/tm'}p/darkroom';`)],
      [1, file('package-lock.json', `"resolved": "https://${'registry.'}example.org/pg.tgz"`)],
      [0, file('cli/a.ts', "const accounts = '/etc/passwd';")],
    ],
  },
];

for (const { name, check, planted } of rules) {
  describe(name, () => {
    it('holds in this repository', () => assert.deepEqual(check(repository), []));
    it('sees what is planted', () => {
      for (const [expected, ...files] of planted) {
        const complaints = check(files);
        assert.equal(
          complaints.length,
          expected,
          `${files
            .map(({ text }) => text)
            .join('\n')
            .slice(0, 200)}\n${complaints.join('\n')}`,
        );
      }
    });
  });
}

it('reads the repository that it checks', () => {
  const paths = new Set(repository.map(({ path }) => path));
  for (const path of ['app/main.ts', 'cli/main.ts', 'darkroom', 'package.json', '.ci/run'])
    assert.ok(paths.has(path), path);
  assert.ok(![...paths].some((path) => path.includes('node_modules/')));
});
