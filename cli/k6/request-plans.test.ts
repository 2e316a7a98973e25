import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createRequests, createWorkload } from '../../loadtests/workloads/workload.ts';
import type { PlannedRequest, Workload } from '../../loadtests/workloads/workload.ts';
import { singlePass } from '../../loadtests/workloads/run-settings.ts';
import { tablesOfRows } from '../../loadtests/workloads/request-tables.ts';
import type { TableRows } from '../../loadtests/workloads/request-tables.ts';
import { CommandError } from '../errors.ts';
import { createPlanner, photosOfTablesMax, requestsWrittenMax, requirePlannable } from './request-plans.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-plan-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const size = { seed: 5, people: 40, photos: 90, followers: 'heavy', mix: 'social-default' } as const;
const workload = createWorkload(size);
const read = (file: string | undefined): unknown => JSON.parse(readFileSync(file ?? '', 'utf8'));
const passesOf = (pass: number, seconds: number) => ({
  passes: singlePass(pass, 10, { settleSeconds: 0, measureSeconds: seconds }),
});

test('the worlds of a pass share its requests, which are planned once', () => {
  let asked = 0;
  const counted: Workload = {
    ...workload,
    requestAt: (pass, index) => {
      asked += 1;
      return workload.requestAt(pass, index);
    },
  };
  const planned = createPlanner(counted);
  for (const _world of [1, 2]) planned(passesOf(0, 3))(folder);
  assert.equal(asked, 30);
  const requests = read(planned(passesOf(1, 3))(folder).planFile) as PlannedRequest[];
  assert.equal(asked, 60);
  assert.deepEqual(requests[29], workload.requestAt(1, 29));
});

test('a run of any length takes the same room: its requests are drawn from tables, and are the same', () => {
  const planned = createPlanner(workload);
  const plans = [1, 1_000].map((times) =>
    planned(passesOf(0, (times * requestsWrittenMax) / 10 + 1))(folder),
  );
  const [short, long] = plans.map(({ planFile, tablesFile }) => {
    assert.equal(planFile, undefined);
    return readFileSync(tablesFile ?? '', 'utf8');
  });
  assert.equal(short, long);
  assert.deepEqual(readdirSync(folder).toSorted(), ['requests.json', 'tables.json']);
  const requestAt = createRequests(size, tablesOfRows(JSON.parse(long ?? '') as TableRows));
  for (let index = 0; index < 20_000; index += 1)
    assert.deepEqual(requestAt(3, index), workload.requestAt(3, index));
});

test('requests that cannot be drawn are written down, however many they are', () => {
  const { planFile, tablesFile } = createPlanner({ ...workload, tables: null }, 20)(passesOf(0, 3))(folder);
  assert.equal(tablesFile, undefined);
  assert.equal((read(planFile) as PlannedRequest[]).length, 30);
});

test('what would take more memory than there should be is refused with what does not', () => {
  requirePlannable(requestsWrittenMax, 10_000_000, 'social-default');
  requirePlannable(18_000_000, photosOfTablesMax, 'social-default');
  requirePlannable(requestsWrittenMax, 10_000_000, 'photo-viewing');
  assert.throws(
    () => requirePlannable(requestsWrittenMax + 1, 5_000, 'photo-viewing'),
    (error) => error instanceof CommandError && /in one go/.test(error.message),
  );
  assert.throws(
    () => requirePlannable(requestsWrittenMax + 1, photosOfTablesMax + 1, 'social-default'),
    (error) =>
      error instanceof CommandError &&
      error.reason === 'usage' &&
      new RegExp(`--photos ${photosOfTablesMax} .*${requestsWrittenMax} requests`).test(error.remedy ?? ''),
  );
});
