import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { headers } from '../../app/contract/headers.ts';
import { miniature, readResult, runFolderOf, untilUnspoiled } from '../support/compared-run.ts';
import { copyCheckout } from '../support/copied-checkout.ts';
import type { CopiedCheckout } from '../support/copied-checkout.ts';
import { onTestServer } from '../support/databases.ts';
import { runCli } from '../support/run-cli.ts';
import { startServiceProcess } from '../support/service-process.ts';
import { createSeededDatabase } from '../support/test-app.ts';
import {
  glossLine,
  nodLines,
  sheenLine,
  toyFiles,
  toyLines,
  winkFiles,
  winkLines,
} from '../support/toy-system.ts';
import type { AddedLine } from '../support/toy-system.ts';
import { waitUntil } from '../support/wait-until.ts';

/**
 * A further system costs its own files and its line in the list, a further axis and a further figure of a system one entry each, and a
 * further write four files at most, also where its feature is split into store, service and routes: this adds them to a copy of the
 * checkout, and uses them.
 */
let copy: CopiedCheckout;
before(() => {
  copy = copyCheckout();
  for (const [file, text] of Object.entries({ ...toyFiles, ...winkFiles }))
    copy.write(file, text.trimStart());
  for (const { file, marker, line } of [...toyLines, glossLine, sheenLine, ...winkLines, ...nodLines])
    copy.addLine(file, marker, line);
  // As `npm run schema` does.
  const env = { ...process.env, ...copy.environment };
  execFileSync(process.execPath, [join(copy.root, 'cli', 'report', 'result-schema.ts')], { env });
});
after(() => copy.remove());

const filesOf = (lines: readonly AddedLine[]): string[] => lines.map(({ file }) => file);

const run = async (...args: readonly string[]) => {
  const { status, stdout, stderr } = await runCli(args, {
    root: copy.root,
    shell: { ...onTestServer(), ...copy.environment },
  }).ended;
  return { status, stdout, stderr };
};

const listed = async (what: 'axes' | 'figures') => {
  const { status, stdout, stderr } = await run('list', what, '--json');
  assert.equal(status, 0, stderr);
  const lists = JSON.parse(stdout) as Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  return lists[what] ?? [];
};

test('its axis and its figure are listed, and those that the caches have got', async () => {
  const axes = await listed('axes');
  const axis = axes.find(({ name }) => name === 'toy');
  assert.deepEqual([axis?.['system'], axis?.['takes'], axis?.['default']], ['toy', 'off | on', 'off']);
  const gloss = axes.find(({ name }) => name === 'gloss');
  assert.deepEqual([gloss?.['system'], gloss?.['default'], gloss?.['of']], ['cache', '0', null]);

  const figures = await listed('figures');
  const figure = figures.find(({ name }) => name === 'toysBroken');
  assert.deepEqual([figure?.['system'], figure?.['scale']], ['toy', 'plain']);
  const sheen = figures.find(({ name }) => name === 'sheenPerPhoto');
  assert.deepEqual([sheen?.['system'], sheen?.['table']], ['cache', 'costs']);
});

test('a write costs four files at most, changes storage, and is seen through a cache that knew what was before', async (t) => {
  for (const files of [[...Object.keys(winkFiles), ...filesOf(winkLines)], filesOf(nodLines)])
    assert.ok(new Set(files).size <= 4, files.join());

  const database = await createSeededDatabase();
  t.after(() => database.drop());
  const environment = {
    DARKROOM_CANDIDATE: 'cache-aside:tiers=memory,invalidation=ttl',
    DARKROOM_LAB_MODE: '1',
    DARKROOM_LAB_TOKEN: 'token of a test',
    DARKROOM_MEDIA_DIR: copy.root,
    DATABASE_URL: database.url,
    ...copy.environment,
  };
  const service = startServiceProcess(environment, join(copy.root, 'app', 'main.ts'));
  t.after(() => service.stop());
  const { http } = await service.listening;
  const ask = (path: string, method = 'GET') =>
    fetch(`http://127.0.0.1:${http}${path}`, { method, headers: { [headers.viewer]: '7' } });
  const look = async () => {
    const { headers: told } = await ask('/photos/9');
    const outcome = told.get('cache-status')?.split(';', 2).join(';');
    return { outcome, version: Number(told.get(headers.entryVersion)) };
  };
  await waitUntil(async () => (await look()).outcome === 'memory; hit');
  const before = await look();
  for (const [index, name] of ['wink', 'nod'].entries()) {
    const version = before.version + index + 1;
    const answer = await ask(`/photos/9/${name}`, 'PUT');
    assert.equal(answer.status, 200, await answer.clone().text());
    assert.deepEqual(await answer.json(), { version });
    assert.deepEqual(await look(), { outcome: 'memory; fwd=miss', version });
    assert.equal((await ask(`/photos/999999/${name}`, 'PUT')).status, 404);
  }
  // One that is killed does not keep what it has compiled, which those of the comparison need, all at once.
  service.child.kill('SIGTERM');
  assert.deepEqual(await service.exited, { code: 0, signal: null });
});

test('a comparison runs its process, shows its figure and that of the caches, and can rest on it', async () => {
  const played = 'toy=on,gloss=3';
  const json = join(copy.root, 'result.json');
  const compare = async () => {
    const ended = await run(
      ...['compare', 'cache-aside', played, ...miniature, '--replicas', '1', '--rounds', '7'],
      ...['--primary', 'toysBroken', '--json', json],
    );
    return { ...ended, result: readResult(json, copy.root) };
  };
  const { status, stdout, stderr, result } = await untilUnspoiled(compare);
  // What takes time may differ by chance, and a busy machine may send too little; what is counted has its verdict all the same.
  assert.ok([0, 30, 31].includes(Number(status)), stderr);
  assert.equal(result.manifest.primary, 'toysBroken');

  assert.match(stdout, /broken toys/);
  const [baseline, toy] = ['cache-aside', played].map((label) =>
    result.candidates.find(({ name }) => name === label),
  );
  assert.deepEqual([baseline?.config['toy'], toy?.config['toy']], [undefined, 'on']);
  assert.equal(baseline?.figures['toysBroken'], 0);
  const ofToy = result.blocks.filter(({ candidate }) => candidate === played);
  const broken = ofToy.map(({ figures }) => Number(figures['toysBroken']));
  assert.equal(broken.length, 7);
  assert.ok(
    broken.some((count) => count === 0),
    `${broken.join(' ')}: none in some`,
  );
  assert.ok(
    broken.some((count) => count > 0),
    `${broken.join(' ')}: one in some`,
  );

  const primary = result.comparisons.find(
    ({ role, candidate }) => role === 'primary' && candidate === played,
  );
  assert.deepEqual([primary?.metric, primary?.scale], ['toysBroken', 'plain']);
  assert.deepEqual(primary?.perRound, broken, 'the baseline breaks none');
  assert.notEqual(primary.verdict, null);

  assert.match(stdout, /\bsheen\b/);
  assert.deepEqual([baseline.config['glossLayers'], toy?.config['glossLayers']], [0, 3]);
  assert.deepEqual([baseline.figures['sheenPerPhoto'], toy?.figures['sheenPerPhoto']], [0, 3]);
  const sheen = result.comparisons.find(
    ({ metric, candidate }) => metric === 'sheenPerPhoto' && candidate === played,
  );
  const sheens = ofToy.map(({ figures }) => figures['sheenPerPhoto']);
  assert.deepEqual(new Set(sheens), new Set([3]));
  assert.deepEqual(sheen?.perRound, sheens, 'the baseline has none');
  assert.ok(runFolderOf(stderr).startsWith(copy.root));
});

test('what it does not take is refused in its words, and what others compare does not show it', async () => {
  const refused = await run('compare', 'toy=maybe');
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /"toy" takes off \| on, not "maybe"/);
  const unknown = await run('compare', 'toy=on', '--primary', 'toyBroken');
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /toysBroken/);
});
