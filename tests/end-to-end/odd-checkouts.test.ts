import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { createSystemClock } from '../../app/clock.ts';
import { compressed } from '../../dashboards/rules/timing.ts';
import { provideNameLibrary } from '../../cli/stack/initdb-user.ts';
import { provideK6 } from '../../cli/stack/k6-binary.ts';
import { provideRedisBinary } from '../../cli/stack/redis-binary.ts';
import { isOpenToOthers } from '../../cli/stack/stack-paths.ts';
import type { StackPaths } from '../../cli/stack/stack-paths.ts';
import { markFileOf } from '../../cli/stack/whole-folder.ts';
import { createStackContext } from '../../cli/worlds/workbench.ts';
import { createOddCheckout, odd, oddest } from '../support/odd-checkout.ts';
import { childrenOf, runCli, runLoad } from '../support/run-cli.ts';
import { readUpAddresses } from '../support/up-addresses.ts';
import { waitUntil } from '../support/wait-until.ts';

const here = createStackContext({
  checkout: join(import.meta.dirname, '..', '..'),
  clock: createSystemClock(),
  signal: new AbortController().signal,
  report: () => {},
});
// As somebody has it who shares a machine: what is made here, and by the commands below, is for its stack alone.
process.umask(0o077);

const small = ['--people', '50', '--photos', '200', '--replicas', '1', '--rate', '20'];
/** A busy machine takes its time; only what never comes is a failure. */
const patienceMs = 240_000;

/** A shell that is set up for other programs, servers and networks. */
const strangeShell = {
  PGHOST: '192.0.2.1',
  PGPORT: '1',
  PGUSER: 'somebody',
  PGPASSWORD: 'wrong',
  PGDATABASE: 'elsewhere',
  PGSSLMODE: 'require',
  PGOPTIONS: '-c default_transaction_read_only=on -c search_path=elsewhere',
  PGPASSFILE: '/nowhere/pgpass',
  PGSERVICE: 'elsewhere',
  PGDATA: '/nowhere/data',
  DATABASE_URL: '',
  REDIS_URL: ' ',
  NODE_OPTIONS: '--import data:text/javascript,globalThis.isStrange=true',
  NODE_USE_ENV_PROXY: '1',
  HTTP_PROXY: 'http://127.0.0.1:9',
  http_proxy: 'http://127.0.0.1:9',
  ALL_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '',
  NODE_ENV: 'development',
  K6_VUS: '1',
  K6_ITERATIONS: '1',
  K6_OUT: 'json=/nowhere/out.json',
  GOMAXPROCS: '1',
  GODEBUG: 'gctrace=1',
  OTEL_SDK_DISABLED: 'true',
  DATA_SOURCE_NAME: 'postgresql://192.0.2.1/elsewhere',
  REDIS_ADDR: '192.0.2.1:1',
  LD_LIBRARY_PATH: '/nowhere/lib',
  LC_ALL: 'xx_YY.UTF-8',
  LANG: 'xx_YY.UTF-8',
  TZ: 'Pacific/Apia',
};

const environmentOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .filter((line) => line !== '');

async function ask<T>(address: string): Promise<T> {
  const response = await fetch(address);
  return ((await response.json()) as { data: T }).data;
}

test('everything runs where all paths and the shell are odd, and children see nothing of that shell', async (t) => {
  const { root, temporary, dispose } = createOddCheckout({ root: oddest, temporary: odd });
  t.after(dispose);
  const shell = { ...strangeShell, TMPDIR: temporary, DARKROOM_CACHE_DIR: here.paths.cache };
  const run = runCli(['up', 'cache-aside', '--load', 'feed-browsing', ...small], { root, shell });
  t.after(run.end);
  await run.said('Running; Ctrl-C stops it.');
  const { prometheus = '' } = readUpAddresses(run.pid, root);

  const rules = await ask<{ groups: { file: string }[] }>(`${prometheus}/api/v1/rules`);
  const files = new Set(rules.groups.map(({ file }) => file));
  assert.deepEqual(files, new Set([compressed.files.recordings, compressed.files.alerts]));
  const valueOf = async (query: string): Promise<number> => {
    const answer = await ask<{ result: { value: [number, string] }[] }>(
      `${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`,
    );
    return Number(answer.result[0]?.value[1] ?? 0);
  };
  await waitUntil(async () => (await valueOf('min(up)')) === 1, patienceMs, 250);
  const answeredWith = (status: string): Promise<number> =>
    valueOf(`sum(http_server_request_duration_seconds_count{http_response_status_code${status}})`);
  await waitUntil(async () => (await answeredWith('!~"5.."')) > 40, patienceMs, 250);
  assert.equal(await answeredWith('=~"5.[^3]"'), 0);
  // What a busy machine refuses may be asked again.
  assert.ok((await answeredWith('="503"')) < (await answeredWith('!~"5.."')) / 4);

  const children = childrenOf(run.pid, root);
  const { 'storage.tsdb.path': dataFolder = '' } = await ask<Record<string, string>>(
    `${prometheus}/api/v1/status/flags`,
  );
  assert.ok(dataFolder.includes(odd), dataFolder);
  const names = [...children.keys()].map((name) => name.replace(/-.*/, ''));
  for (const name of ['postgres', 'redis', 'service', 'prometheus', 'exporter', 'k6'])
    assert.ok(names.includes(name), `${name} is one of ${names.join()}`);
  for (const [name, pid] of process.platform === 'linux' ? children : []) {
    const own = environmentOf(pid);
    // The two stores write their titles over theirs.
    if (!/^(postgres|redis)/.test(name)) assert.ok(own.includes('LC_ALL=C') && own.includes('TZ=UTC'), name);
    for (const [variable, value] of Object.entries(strangeShell))
      assert.ok(!own.includes(`${variable}=${value}`), `${name} has ${variable}`);
  }
  await run.end();
  assert.equal((await run.ended).status, 130, run.output());
});

/** Whom no system knows, as in a container that was started for a number. */
const unknownUid = 12_345;
const cannotBeUnknown =
  process.getuid?.() !== 0
    ? 'only root can become somebody else'
    : !isOpenToOthers(process.execPath) && 'others cannot reach this Node';

test('a user without a name and a home, in an odd place', { skip: cannotBeUnknown }, async (t) => {
  const { root, temporary, dispose } = createOddCheckout({ root: odd, temporary: oddest });
  t.after(dispose);
  const shell = { TMPDIR: temporary, HOME: undefined, XDG_CACHE_HOME: undefined, USER: undefined };
  const giveAway = (folder: string) => execFileSync('chown', ['-R', String(unknownUid), folder]);
  giveAway(dirname(root));
  // What must be fetched once is there already; where that would be is a question for the one who has no home.
  const { cache, data } = pathsOf(root, shell);
  assert.equal(data, join(root, '.darkroom', 'data'));
  const library = (await provideNameLibrary(here)) ?? '';
  for (const path of [(await provideK6(here)).path, (await provideRedisBinary(here)).command, library]) {
    const [name = '', ...rest] = relative(here.paths.cache, path).split('/');
    if (rest.length === 0 || name === '..') continue;
    // With what says of it that it is complete: without that, it would be fetched anew.
    for (const from of [join(here.paths.cache, name), markFileOf(join(here.paths.cache, name))])
      if (existsSync(from))
        cpSync(from, join(cache, basename(from)), { recursive: true, verbatimSymlinks: true });
  }
  giveAway(cache);

  const args = ['load', 'feed-browsing', '--candidate', 'cache-aside', '--duration', '1', ...small];
  const { status, stdout, stderr } = await runLoad(args, { root, shell, uid: unknownUid });
  // A busy machine may leave some out or be late for others.
  assert.ok([0, 20, 30].includes(Number(status)), stderr);
  const [, measured, failed] = /^(\d+) of 20 requests measured, (\d+) failed, /m.exec(stdout) ?? [];
  assert.ok(Number(measured) - Number(failed) >= 10, stdout + stderr);
});

/** Where that user has things. */
function pathsOf(root: string, shell: object): StackPaths {
  const script = `
    import { readEnvironment } from './cli/environment.ts';
    import { resolvePaths } from './cli/stack/stack-paths.ts';
    console.log(JSON.stringify(resolvePaths(process.cwd(), readEnvironment())));`;
  const answer = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...shell },
    uid: unknownUid,
    gid: unknownUid,
  });
  return JSON.parse(answer) as StackPaths;
}
