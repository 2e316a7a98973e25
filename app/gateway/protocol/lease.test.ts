import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createHeldLease, createLeaseWatch } from './lease.ts';

const leaseMs = 1_000;
const row = { epoch: 4, renewals: 7, holder: 'other' };

describe('the lease of who leads', () => {
  test('is relied upon for nine tenths, from when what was confirmed was sent', () => {
    const lease = createHeldLease(leaseMs);
    assert.ok(!lease.isHeld(0));
    lease.confirm(100);
    assert.ok(lease.isHeld(999));
    assert.ok(!lease.isHeld(1_000));
    lease.confirm(600);
    lease.confirm(300);
    assert.ok(lease.isHeld(1_499), 'an answer that comes late shortens nothing');
    assert.ok(!lease.isHeld(1_500));
  });

  test('is taken over after a whole lease without a change of its row', () => {
    const watch = createLeaseWatch(leaseMs, 'self');
    assert.equal(watch.overdueRow(0), null);
    watch.see(row, 50);
    watch.see({ ...row, renewals: 8 }, 200);
    watch.see({ ...row, renewals: 8 }, 1_100);
    assert.equal(watch.overdueRow(1_199), null);
    assert.deepEqual(watch.overdueRow(1_200), { ...row, renewals: 8 });
  });

  test('is taken over at once where nobody can be leading by it', () => {
    for (const holder of [null, 'self']) {
      const watch = createLeaseWatch(leaseMs, 'self');
      watch.see({ ...row, holder }, 50);
      assert.deepEqual(watch.overdueRow(50), { ...row, holder });
    }
  });
});
