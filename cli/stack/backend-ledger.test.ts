import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLedger } from './backend-ledger.ts';
import type { Backend, PostgresCpu } from './backend-ledger.ts';

const reading = (ownUs: number, reapedUs: number, ...backends: Backend[]) => ({
  postmaster: { ownUs, reapedUs },
  backends,
});
const backend = (id: string, database: string | null, cpuUs: number): Backend => ({ id, database, cpuUs });
const plain = ({ byDatabase, sharedUs }: PostgresCpu) => ({ ...Object.fromEntries(byDatabase), sharedUs });

test('only what is used after the ledger was opened counts', () => {
  const ledger = openLedger(reading(100, 1_000, backend('1', 'a', 50), backend('2', null, 70)));
  assert.deepEqual(plain(ledger.totals()), { a: 0, sharedUs: 0 });
  ledger.add(reading(103, 1_000, backend('1', 'a', 90), backend('2', null, 71), backend('3', 'b', 8)));
  assert.deepEqual(plain(ledger.totals()), { a: 40, b: 8, sharedUs: 4 });
});

test('what a backend has used stays with its database when it ends, its last stretch is shared', () => {
  const ledger = openLedger(reading(0, 0, backend('1', 'a', 50)));
  ledger.add(reading(0, 0, backend('1', 'a', 90), backend('2', 'a', 5)));
  ledger.add(reading(0, 0, backend('2', 'a', 6)));
  assert.deepEqual(plain(ledger.totals()), { a: 46, sharedUs: 0 });
  ledger.add(reading(0, 97, backend('2', 'a', 6)));
  assert.deepEqual(plain(ledger.totals()), { a: 46, sharedUs: 7 });
});

test('what came and went unseen is shared, and stays so while another one is waited for', () => {
  const ledger = openLedger(reading(0, 10, backend('1', 'a', 0)));
  ledger.add(reading(0, 42, backend('1', 'a', 20)));
  assert.deepEqual(plain(ledger.totals()), { a: 20, sharedUs: 32 });
  ledger.add(reading(0, 42));
  assert.deepEqual(plain(ledger.totals()), { a: 20, sharedUs: 32 });
});

test('a backend that has not yet said its database gets all of its CPU there once it has', () => {
  const ledger = openLedger(reading(0, 0));
  ledger.add(reading(0, 0, backend('1', null, 3)));
  assert.deepEqual(plain(ledger.totals()), { sharedUs: 3 });
  ledger.add(reading(0, 0, backend('1', 'a', 5)));
  assert.deepEqual(plain(ledger.totals()), { a: 5, sharedUs: 0 });
});
