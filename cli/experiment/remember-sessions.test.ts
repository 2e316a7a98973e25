import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenOfPerson } from '../driver/seeded-token.ts';
import { rememberSessions } from './remember-sessions.ts';

test('every world is told of the session of everybody, a thousand at a time', async () => {
  const told: string[][] = [[], []];
  const worlds = told.map((own, index) => ({
    label: `world ${index}`,
    rememberSessions: async (tokens: readonly string[]) => {
      assert.ok(tokens.length <= 1_000);
      own.push(...tokens);
    },
  }));
  await rememberSessions(worlds, { seed: 7, people: 2_300 }, assert.fail);
  for (const own of told) {
    assert.equal(new Set(own).size, 2_300);
    assert.deepEqual([own[0], own[2_299]], [tokenOfPerson(7, 1), tokenOfPerson(7, 2_300)]);
  }
});

test('a world that cannot is told of, and the others can', async () => {
  const [told, reports]: [string[], string[]] = [[], []];
  const able = {
    label: 'able',
    rememberSessions: async (tokens: readonly string[]) => void told.push(...tokens),
  };
  const unable = { label: 'unable', rememberSessions: () => Promise.reject(new RangeError('no')) };
  await rememberSessions([unable, able], { seed: 7, people: 3 }, (text) => void reports.push(text));
  assert.equal(told.length, 3);
  assert.match(reports.join('\n'), /^unable does not know all sessions beforehand/);
});
