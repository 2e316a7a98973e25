import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gravestOf } from './live-alerts.ts';
import type { LiveAlert } from './live-facts.ts';

function alertOf(parts: Partial<LiveAlert>): LiveAlert {
  const usual = {
    name: 'TargetDown',
    state: 'firing',
    severity: 'ticket',
    candidate: '',
    summary: '',
    runbook: null,
  };
  return { ...usual, since: '2026-01-01T10:00:00Z', ...parts };
}

describe('the alerts that are shown', () => {
  it('are one of each name and candidate, the gravest', () => {
    const burns = [
      alertOf({ name: 'Burn', candidate: 'a', severity: 'ticket', since: '2026-01-01T09:00:00Z' }),
      alertOf({ name: 'Burn', candidate: 'a', severity: 'page' }),
      alertOf({ name: 'Burn', candidate: 'a', severity: 'page', state: 'pending' }),
      alertOf({ name: 'Burn', candidate: 'b', severity: 'ticket' }),
    ];
    assert.deepEqual(
      gravestOf(burns).map(({ candidate, severity, state }) => [candidate, severity, state]),
      [
        ['a', 'page', 'firing'],
        ['b', 'ticket', 'firing'],
      ],
    );
  });

  it('are in the order in which they are to be read', () => {
    const alerts = [
      alertOf({ name: 'waits', state: 'pending', severity: 'page' }),
      alertOf({ name: 'late', since: '2026-01-01T11:00:00Z' }),
      alertOf({ name: 'early' }),
      alertOf({ name: 'wakes', severity: 'page', since: '2026-01-01T12:00:00Z' }),
    ];
    assert.deepEqual(
      gravestOf(alerts).map(({ name }) => name),
      ['wakes', 'early', 'late', 'waits'],
    );
  });
});
