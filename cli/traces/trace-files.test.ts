import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { keptSpan } from '../../tests/support/kept-spans.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import type { KeptSpan, Trace } from './span.ts';
import { traceOf } from './span.ts';
import { keepTraces, readKeptTraces } from './trace-files.ts';

const stack = createTestStack();
const { paths } = stack.context;
after(stack.remove);

const runFolder = (name: string): string => {
  const folder = join(paths.state, 'runs', name);
  mkdirSync(folder, { recursive: true });
  return folder;
};
const made = (spans: readonly KeptSpan[]): Trace => {
  const trace = traceOf(spans);
  assert.ok(trace !== undefined);
  return trace;
};
const traceNamed = (digit: string, name: string): Trace =>
  made([
    keptSpan({ traceId: digit.repeat(32), spanId: 'root', name, kind: 'server', durationMs: 12.34 }),
    keptSpan({ traceId: digit.repeat(32), spanId: 'read', parentSpanId: 'root', name: 'cache.get photo' }),
  ]);

describe('the traces of a run', () => {
  it('come back as they were, those of the latest run first', () => {
    const [old, late] = [traceNamed('a', 'GET /old'), traceNamed('b', 'GET /late')];
    keepTraces(runFolder('2026-01-01T00-00-00-1'), [{ heading: 'lease · round 1', trace: old }]);
    keepTraces(runFolder('2026-01-02T00-00-00-1'), [{ heading: 'lease · round 1', trace: late }]);
    runFolder('2026-01-03T00-00-00-1');
    assert.deepEqual(readKeptTraces(paths), [late, old]);
  });

  it('are passed over where their file is not whole, or is something else', () => {
    const before = readKeptTraces(paths);
    for (const [day, text] of [
      ['04', '[[{"traceId":"c'],
      ['05', '{"no":"list"}'],
      ['06', '[7, null]'],
    ])
      writeFileSync(join(runFolder(`2026-01-${day}T00-00-00-1`), 'traces.json'), String(text));
    assert.deepEqual(readKeptTraces(paths), before);
  });

  it('are drawn on a page that needs nothing else, with a heading for each, found by its id', () => {
    const page = keepTraces(runFolder('2026-01-07T00-00-00-1'), [
      { heading: 'no-cache′ · round 2', trace: traceNamed('d', 'GET /<img src=x onerror=alert(1)>') },
    ]);
    const html = readFileSync(String(page), 'utf8');
    assert.match(html, new RegExp(`<h2 id="${'d'.repeat(32)}">no-cache′ · round 2 · GET /&lt;img src=x`));
    assert.match(html, /12\.3 ms/);
    assert.match(html, /cache\.get photo/);
    assert.doesNotMatch(html, /<(script|img|link)|https?:/);
  });

  it('leave no file when there are none', () => {
    const folder = runFolder('2026-01-08T00-00-00-1');
    assert.equal(keepTraces(folder, []), null);
    assert.ok(!existsSync(join(folder, 'traces.json')) && !existsSync(join(folder, 'traces.html')));
  });
});
