import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCandidate } from '../candidates/format-candidate.ts';
import { parseCandidate } from '../candidates/parse-candidate.ts';
import { edgeSystem } from './system.ts';

test('an edge is off unless somebody says so, and then nothing runs for it', () => {
  const { edge } = parseCandidate('cache-aside');
  assert.equal(edge.edge, 'off');
  assert.deepEqual(edgeSystem.processes?.(edge), []);
  assert.equal(formatCandidate(parseCandidate('cache-aside:edge=off')), 'cache-aside');
});

test('its lifetimes are whole seconds', () => {
  const { edge } = parseCandidate('cache-aside:edge=on,edge-ttl=2m,edge-stale=30s');
  assert.deepEqual([edge.edgeTtlMs, edge.edgeStaleMs], [120_000, 30_000]);
  for (const pair of ['edge-ttl=500ms', 'edge-ttl=0s', 'edge-stale=1500ms', 'edge-stale=off'])
    assert.throws(() => parseCandidate(`cache-aside:edge=on,${pair}`), /takes whole seconds/, pair);
  const text = 'cache-aside:edge=on,edge-stale=30s';
  assert.equal(formatCandidate(parseCandidate(text)), text);
  assert.equal(formatCandidate(parseCandidate('cache-aside:edge=on,edge-stale=0s')), 'cache-aside:edge=on');
});

test('what is said of an edge that is off is refused, and so is one beside a gateway', () => {
  for (const pair of ['edge-memory=32MiB', 'edge-ttl=1s', 'edge-stale=1s', 'edge-purge=ttl'])
    assert.throws(() => parseCandidate(`cache-aside:${pair}`), /is of the edge, which is off/, pair);
  assert.throws(() => parseCandidate('cache-aside:edge=on,gateway=leader'), /both stand in front/);
  assert.equal(parseCandidate('cache-aside:edge=off,gateway=leader').gateway.gateway, 'leader');
});
