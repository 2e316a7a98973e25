import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { tryVarnish } from '../doctor/try-tools.ts';
import { CommandError } from '../errors.ts';
import type { StackContext } from './stack-context.ts';
import { provideVarnish } from './varnish-binary.ts';

const { context: base, remove } = createTestStack();
after(remove);
const programs = join(base.paths.checkout, 'programs');
mkdirSync(programs);
/** A system that has only what this test brings. */
const context: StackContext = { ...base, environment: { ...base.environment, path: programs } };

test('where there is no Varnish and no way to unpack one, a run ends with status 3 and says what to do', async () => {
  await assert.rejects(provideVarnish(context), (error: unknown) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.exitCode, 3);
    assert.match(error.message, /no varnishd with its modules, which edge=on needs/);
    assert.match(error.remedy ?? '', /apt-get install varnish varnish-modules.*leave edge=on out/);
    return true;
  });
  const { result, remedy } = tryVarnish(context);
  assert.equal(result, 'not needed');
  assert.match(remedy, /Only for edge=on/);
});

test('an apt-get that brings nothing leaves nothing behind', async () => {
  writeFileSync(join(programs, 'dpkg'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(programs, 'apt-get'), '#!/bin/sh\necho "E: no network" >&2; exit 100\n', {
    mode: 0o755,
  });
  assert.equal(tryVarnish(context).result, 'will come');
  const path = `${programs}:${base.environment.ofTools['PATH'] ?? ''}`;
  const environment = { ...context.environment, ofTools: { ...base.environment.ofTools, PATH: path } };
  await assert.rejects(provideVarnish({ ...context, environment }), {
    message: /Varnish could not be unpacked: E: no network/,
  });
  assert.ok(!existsSync(join(base.paths.cache, 'varnish')));
});
