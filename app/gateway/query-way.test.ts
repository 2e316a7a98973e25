import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCandidate } from '../candidates/format-candidate.ts';
import { parseCandidate } from '../candidates/parse-candidate.ts';
import { callerOf, createWayChooser } from './query-way.ts';
import { gatewaySystem } from './system.ts';

const kindsOf = (text: string): string[] =>
  (gatewaySystem.processes?.(parseCandidate(text).gateway) ?? []).map(
    ({ name, count }) => `${name} ${count}`,
  );

test('there is no gateway where nobody asks for one, and then no process of it', () => {
  assert.equal(parseCandidate('versioned').gateway.gateway, 'off');
  assert.deepEqual(kindsOf('versioned'), []);
  assert.deepEqual(kindsOf('gateway=leader'), ['leader 1', 'gateway 1']);
  assert.deepEqual(kindsOf('gateway=consistent,gateways=3,leaders=2'), ['leader 2', 'gateway 3']);
});

test('what would mean nothing is refused in words', () => {
  const refusals = {
    'gateways=2': /which is off: add gateway=leader/,
    'gateway=leader,keepalive=9ms': /with gateway=leader gateways have none/,
    'gateway=leader,callers=none': /with gateway=leader gateways have none/,
    'gateway=both': /off \| leader \| consistent \| eventual/,
    'gateway=consistent,gateways=9': /from 1 to 8/,
    'gateway=consistent,callers=Me': /lower-case letters/,
    'gateway=consistent,callers=all+me': /lower-case letters/,
    'gateway=consistent,callers=a++b': /lower-case letters/,
    'gateway=consistent,records=0': /from 1 to/,
    'gateway=consistent,keepalive=1500ms,interval=500ms': /waits 2 s for synchronisation at most/,
    'gateway=eventual,staleness-max=20ms,keepalive=20ms': /always be older than "staleness-max"/,
    'gateway=consistent,staleness-max=0s': /a time such as/,
  };
  for (const [text, reason] of Object.entries(refusals))
    assert.throws(() => parseCandidate(text), reason, text);
});

test('callers are written as they were read', () => {
  const text = 'cache-aside:gateway=eventual,callers=jobs+web-2';
  assert.equal(formatCandidate(parseCandidate(text)), text);
});

test('who is answered from the replica is said by the candidate first, then by the query', () => {
  const wayOf = (callers: string, caller?: string, consistency?: 'consistent' | 'eventual') => {
    const { way, reason } = createWayChooser({ gateway: 'consistent', callers })({ caller, consistency });
    return `${way} ${reason}`;
  };
  assert.equal(wayOf('all'), 'consistent axis');
  assert.equal(wayOf('all', undefined, 'eventual'), 'eventual asked');
  assert.equal(wayOf('none', 'jobs'), 'leader caller');
  assert.equal(wayOf('none', 'none'), 'leader caller');
  assert.equal(wayOf('jobs+web'), 'leader caller');
  assert.equal(wayOf('jobs+web', 'web'), 'consistent axis');
  assert.equal(wayOf('jobs+web', 'we', 'eventual'), 'leader caller');
  const chooseOfLeader = createWayChooser({ gateway: 'leader', callers: 'all' });
  assert.deepEqual(chooseOfLeader({ caller: 'web', consistency: 'eventual' }), {
    way: 'leader',
    reason: 'axis',
  });
});

test('a caller has one name, of characters that nothing else means', () => {
  assert.equal(callerOf(undefined), undefined);
  assert.equal(callerOf('Web.2_a-b'), 'Web.2_a-b');
  for (const odd of ['', ' ', 'a b', 'a,b', 'ü', '../x', 'x'.repeat(65), ['a', 'b'], 'a\n'])
    assert.throws(() => callerOf(odd), { code: 'INVALID_CALLER' }, JSON.stringify(odd));
});
