import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from '../errors.ts';
import { readNamed } from '../experiment/named-candidates.ts';
import { planRecording } from './recording-session.ts';
import { recordedCandidate } from './recorded-candidate.ts';

const compared = (role: string, text: string) => ({ role, ...readNamed(text, 2) });
const [baseline, edge, plain] = [
  compared('baseline', 'no-cache'),
  compared('candidate', 'cache-aside:edge=on'),
  compared('candidate', 'versioned'),
];

test('the first candidate whose replicas hear of all requests is recorded', () => {
  assert.equal(recordedCandidate([baseline, edge, plain]), plain);
  assert.equal(recordedCandidate([baseline, edge]), baseline);
  assert.equal(recordedCandidate([edge]), undefined);
});

test('where an edge would answer some of them, nothing is recorded', () => {
  assert.throws(
    () => planRecording({ record: 'edge.parquet' }, [edge]),
    (error) => error instanceof CommandError && error.reason === 'usage' && /edge/.test(error.message),
  );
  assert.equal(planRecording({}, [edge]), null);
});
