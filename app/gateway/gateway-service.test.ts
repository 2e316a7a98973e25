import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSystemClock } from '../clock.ts';
import { parseCandidate } from '../candidates/parse-candidate.ts';
import { createGatewayService } from './gateway-service.ts';

const asked = (): never => assert.fail('a gateway changes no lease');
const neverAsked = { see: asked, begin: asked, take: asked, renew: asked, release: asked };

test('what an empty replica cannot answer goes to the leader, and is told apart from what is too old', async () => {
  const told: string[] = [];
  const gateway = createGatewayService({
    settings: parseCandidate('gateway=eventual').gateway,
    clock: createSystemClock(),
    random: Math.random,
    token: '',
    delayMs: 0,
    // Nobody leads.
    storage: { listen: () => ({ stop: async () => {} }) },
    store: { ...neverAsked, find: async () => null },
    onTrouble: assert.ifError,
    observe: {
      queried: (way, reason) => void told.push(`${way} ${reason}`),
      synchronised: () => {},
      keepAliveSent: () => {},
      refused: () => {},
      connection: () => {},
    },
  });
  try {
    assert.deepEqual(await gateway.answer({ caller: undefined }), { from: 'leader' });
    assert.deepEqual(told, ['leader empty']);
    assert.deepEqual(gateway.state(), { isSynchronised: false, records: 0, stalenessMs: null });
    assert.throws(() => gateway.leaderAddress(), { code: 'LEADER_LOST' });
  } finally {
    await gateway.stop();
  }
});
