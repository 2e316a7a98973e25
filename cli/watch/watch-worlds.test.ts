import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, test } from 'node:test';
import { killProcess } from '../../tests/support/kill-process.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createDriverMetrics } from '../driver/driver-metrics.ts';
import type { Stack } from '../worlds/world.ts';
import { watchWorlds } from './watch-worlds.ts';

const { context, remove } = createTestStack();
after(remove);
const pids = join(context.paths.data, 'pids');
const programs = join(context.paths.checkout, 'programs');
mkdirSync(programs);

/** Puts a shell script in place of a program. */
function writeProgram(name: string, script: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** Answers as a Prometheus does that is ready. */
const readyPrometheus = `#!${process.execPath}
const { createServer } = require('node:http');
const settingOf = (name) => process.argv.find((text) => text.startsWith('--' + name + '=')).split('=')[1];
const data = { 'storage.tsdb.path': settingOf('storage.tsdb.path') };
createServer((_, response) => response.end(JSON.stringify({ data })))
  .listen(Number(settingOf('web.listen-address').split(':')[1]), '127.0.0.1');
`;

/** A stack whose programs are those above, and what it reports. */
function createMaker(): { readonly reports: string[]; readonly stack: Stack } {
  const reports: string[] = [];
  const path = `${programs}${delimiter}${context.environment.path}`;
  const stack = {
    context: {
      ...context,
      environment: { ...context.environment, path },
      report: (message: string) => void reports.push(message),
    },
    checkout: context.paths.checkout,
    postgres: { adminUrl: 'postgres://127.0.0.1:1/x' },
  } as unknown as Stack;
  return { reports, stack };
}

/** The processes that are on record as alive, by name. */
function running(): Map<string, number> {
  const records = readdirSync(pids).map(
    (name) => JSON.parse(readFileSync(join(pids, name), 'utf8')) as { name: string; child: { pid: number } },
  );
  return new Map(records.map(({ name, child }) => [name, child.pid]));
}

for (const name of ['redis_exporter', 'postgres_exporter']) writeProgram(name, 'exec sleep 100');
writeProgram('promtool', 'true');

test('where Prometheus does not start the run goes on without it, and what was started is stopped', async () => {
  writeProgram('prometheus', 'echo "no room for blocks"; exit 1');
  const { reports, stack } = createMaker();
  assert.equal(await watchWorlds(stack, [], createDriverMetrics()), null);
  assert.match(
    reports.join('\n'),
    /^Nothing watches this run: Prometheus does not start:\n  no room for blocks/,
  );
  assert.deepEqual(running(), new Map());
});

test('what ends by itself is said once; what is stopped ends in silence', async () => {
  writeFileSync(join(programs, 'prometheus'), readyPrometheus, { mode: 0o755 });
  const { reports, stack } = createMaker();
  const watch = await watchWorlds(stack, [], createDriverMetrics());
  assert.ok(watch !== null);
  assert.deepEqual(reports, []);
  killProcess(running().get('exporter-postgres'));
  await waitUntil(() => reports.length > 0);
  killProcess(running().get('prometheus'));
  await waitUntil(() => reports.length > 1);
  await watch.stop();
  assert.match(reports[0] ?? '', /^exporter-postgres ended by itself: .*exporter-postgres\.log$/);
  assert.match(reports[1] ?? '', /^prometheus ended by itself: nothing watches .*prometheus\.log$/);

  const another = await watchWorlds(stack, [], createDriverMetrics());
  await another?.stop();
  assert.equal(reports.length, 2);
  assert.deepEqual(running(), new Map());
});
