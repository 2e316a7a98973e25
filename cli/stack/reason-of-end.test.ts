import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonIn, reasonOfEnd } from './reason-of-end.ts';

const uncaught = `node:internal/modules/run_main:107
    triggerUncaughtException(
    ^

Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/x/gone.ts' imported from /x/main.ts
    at finalizeResolution (node:internal/modules/esm/resolve:275:11) {
  code: 'ERR_MODULE_NOT_FOUND',
  url: 'file:///x/gone.ts'
}

Node.js v26.10.0
`;
const initdb = `initdb: error: invalid locale name "xx_YY"
initdb: hint: If the locale name is specific to ICU, use --icu-locale.
`;
const bootstrap = `2026-11-29 14:55:45.921 UTC [3515] LOG:  some progress
2026-11-29 14:55:45.921 UTC [3515] FATAL:  could not write to file "base/4/1249": No space left on device
child process exited with exit code 1
initdb: removing contents of data directory "/x"
`;
const thrown = `file:///x/main.ts:3
  throw new TypeError('a setting: wrong');
        ^

TypeError: a setting: wrong
    at file:///x/main.ts:3:9

Node.js v26.10.0
`;

const cases = [
  ['of an uncaught error, not the version of Node', uncaught, /^Error \[ERR_MODULE_NOT_FOUND\]: Cannot find/],
  ['of an error that was thrown, not the line that throws it', thrown, /^TypeError: a setting: wrong$/],
  ['of initdb its error and its hint', initdb, /^initdb: error: invalid .*\ninitdb: hint: If the locale/],
  ['of PostgreSQL its fatal line, not what it cleans up', bootstrap, /FATAL: {2}could not write .* device$/],
  ['of our service its last words', 'darkroom service: X: y\n', /^darkroom service: X: y$/],
  ['of V8 without memory', 'FATAL ERROR: Reached heap limit\n 1: 0x1\n', /^FATAL ERROR: Reached heap limit$/],
  ['of a program that speaks otherwise the last lines', 'a\nb\nc\nd\n\n', /^b\nc\nd$/],
] as const;

for (const [what, output, expected] of cases)
  test(`the reason is told: ${what}`, () => assert.match(reasonIn(output).join('\n'), expected));

test('who was killed is told by the signal, and who said nothing by the status', () => {
  const silent = { lastLines: () => '' };
  const busy = { lastLines: () => '{"level":40}' };
  const killed = { code: null, signal: 'SIGKILL' as const };
  assert.match(reasonOfEnd(busy, killed), /^it was ended by SIGKILL; .* memory$/);
  assert.match(reasonOfEnd(silent, { code: 3, signal: null }), /nothing, and ended with status 3$/);
  assert.equal(reasonOfEnd(busy, { code: 1, signal: null }), '{"level":40}');
  assert.equal(reasonOfEnd({ lastLines: () => 'a\n  PANIC:  b' }, killed), 'PANIC:  b');
});
