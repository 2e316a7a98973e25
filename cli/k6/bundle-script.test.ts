import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import type { SourceMapPayload } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import { CommandError } from '../errors.ts';
import { bundleScript } from './bundle-script.ts';
import { readScenario } from './scenario-script.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-bundle-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const sources = {
  'main.ts': `import { http } from './http.ts';
import { fail } from './fail.ts';

export const options: { readonly vus: number } = { vus: 1 };
export default () => [http, fail];
`,
  'http.ts': `import k6http from 'k6/http';

export const http = k6http;
`,
  'fail.ts': `type Reason = string;

export function fail(reason: Reason): never {
  throw new RangeError(reason);
}
`,
};
for (const [file, text] of Object.entries(sources)) writeFileSync(join(folder, file), text);

test('a script has all that it imports but what k6 brings, and no types', () => {
  const lines = bundleScript(folder, 'main.ts').split('\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('import')),
    ['import k6http from "k6/http";'],
  );
  assert.ok(!lines.some((line) => /Reason|readonly/.test(line)));
});

test('its source map says from which file and line an error comes', () => {
  const script = bundleScript(folder, 'main.ts');
  const [, encoded = ''] = /base64,(\S+)/.exec(script) ?? [];
  const map = new SourceMap(JSON.parse(Buffer.from(encoded, 'base64').toString()) as SourceMapPayload);
  const thrown = script.split('\n').findIndex((line) => line.includes('throw new RangeError'));
  const entry = map.findEntry(thrown, '  throw new'.length);
  assert.ok('originalSource' in entry);
  assert.equal(entry.originalLine, sources['fail.ts'].split('\n').indexOf('  throw new RangeError(reason);'));
  const { sourceRoot } = map.payload;
  assert.equal(new URL(entry.originalSource, sourceRoot).href, pathToFileURL(join(folder, 'fail.ts')).href);
});

test('what cannot be read is named', () => {
  writeFileSync(join(folder, 'broken.ts'), `import { a } from './gone.ts';\nexport default a;\n`);
  assert.throws(
    () => bundleScript(folder, 'broken.ts'),
    (error) => error instanceof CommandError && /broken\.ts.*gone\.ts/s.test(error.message),
  );
});

test('every scenario can be bundled', () => {
  const checkout = join(import.meta.dirname, '..', '..');
  for (const name of Object.keys(scenarios) as ScenarioName[]) {
    const { ofPlan, drawing } = readScenario(checkout, name);
    for (const text of [ofPlan, drawing()]) {
      assert.match(text, /^ {2}\w+ as default,?$/m);
      const imports = text.match(/^import .*/gm) ?? [];
      assert.ok(imports.length > 0 && imports.every((line) => / from "k6[\w/]*";$/.test(line)));
    }
  }
});
