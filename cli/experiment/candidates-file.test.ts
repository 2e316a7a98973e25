import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { policiesOf } from '../../app/classes/system.ts';
import { CommandError } from '../errors.ts';
import { readCandidatesFile } from './candidates-file.ts';
import { readNamed } from './named-candidates.ts';
import { planCandidates } from './plan-experiment.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-candidates-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(content: unknown): string {
  const file = join(folder, 'candidates.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const byClass = {
  strategy: 'versioned',
  axes: { ttl: '60s', jitter: 0 },
  classes: {
    profile: { ttl: '10m', jitter: 0.2 },
    comments: { ttl: '5s', invalidation: 'ttl', tiers: 'memory' },
  },
};

test('ML-5: policies by class are configuration: a file of candidates says them', () => {
  const texts = readCandidatesFile(
    fileOf({ candidates: { plain: 'versioned:ttl=60s', 'by-class': byClass } }),
  );
  const { label, candidate } = readNamed('by-class', 2, texts);
  assert.equal(label, 'by-class');
  assert.deepEqual([candidate.cache.strategy, candidate.cache.ttlMs], ['versioned', 60_000]);
  const profile = { ttlMs: 600_000, ttlJitter: 0.2 };
  assert.deepEqual(Object.fromEntries(policiesOf(candidate.classes)), {
    profile_grid: profile,
    followers: profile,
    comments: { ttlMs: 5_000, tiers: 'memory', invalidation: 'ttl' },
  });
});

test('candidates of a file are compared beside those of the command line, by their names', () => {
  const named = readCandidatesFile(
    fileOf({ candidates: { short: 'versioned:ttl=1s', 'by-class': byClass } }),
  );
  const planned = planCandidates(['versioned'], 'short', 1, named);
  assert.deepEqual(
    planned.map(({ label, role }) => [label, role]),
    [
      ['short', 'baseline'],
      ['versioned', 'candidate'],
      ['by-class', 'candidate'],
      ['short′', 'control'],
    ],
  );
});

test('a file that is none is refused with its name and what is expected', () => {
  const refused = (content: unknown, message: RegExp) =>
    assert.throws(
      () => readCandidatesFile(fileOf(content)),
      (error) =>
        error instanceof CommandError &&
        error.reason === 'usage' &&
        /candidates\.json: /.test(error.message) &&
        message.test(error.message) &&
        /"candidates"/.test(error.remedy ?? ''),
    );
  refused('{', /JSON/);
  refused([], /not of the form/);
  refused({ candidates: {} }, /no candidate/);
  refused({ candidates: { a: { strategi: 'versioned' } } }, /not of the form/);
  refused({ candidates: { versioned: 'lease' } }, /"versioned" cannot be the name/);
  refused({ candidates: { 'A b': 'lease' } }, /"A b" cannot be the name/);
  assert.throws(() => readCandidatesFile(join(folder, 'absent.json')), /absent\.json: .*ENOENT/);
});

test('what a class cannot be is refused with the reason', () => {
  const refused = (text: string, message: RegExp) => assert.throws(() => readNamed(text, 1), message);
  refused('versioned:photo-ttl=1', /"photo-ttl" takes same, or a time/);
  refused('versioned:photos-ttl=1s', /Did you mean "photo-ttl"/);
  refused('no-cache:photo-ttl=1s', /keeps nothing/);
  refused('versioned:tiers=redis,photo-tiers=memory', /no part of tiers=redis/);
  refused('lease:comments-tiers=memory', /gives the leases/);
  refused('client-tracking:photo-tiers=memory', /from which alone memory is filled/);
});
