import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from '../errors.ts';
import type { Exit } from '../stack/supervised-process.ts';
import type { WorldProcess } from '../worlds/world-process.ts';
import { keepProcessesRunning } from './keep-processes.ts';

/** A process of a world; null: it runs for good. */
function processOf(kindName: string, name: string, exit: Exit | null, pid = 1): WorldProcess {
  return {
    kindName,
    name,
    address: 'http://127.0.0.1:1',
    metricsAddress: 'http://127.0.0.1:2',
    isAlive: () => exit === null,
    process: {
      pid,
      lastLines: () => '',
      exited: exit === null ? new Promise(() => {}) : Promise.resolve(exit),
    },
  } as unknown as WorldProcess;
}

const killed: Exit = { code: null, signal: 'SIGTERM' };

/** Keeps a world until what had ended is back, or was given up. */
async function keep(processes: WorldProcess[], replace: () => void) {
  const told = new AbortController();
  const reports: string[] = [];
  let backs = 0;
  await keepProcessesRunning(
    {
      processes: () => processes,
      replaceLostProcesses: async () => replace(),
    },
    {
      signal: told.signal,
      report: (message) => void reports.push(message),
      onBack: () => {
        backs += 1;
        told.abort();
      },
      pause: async () => {},
    },
  );
  return { reports, backs };
}

test('what runs beside the replicas is started again after a while, all of it that has ended by then', async () => {
  const processes = [
    processOf('service', 'r1', null),
    processOf('leader', 'leader-1', killed),
    processOf('gateway', 'gateway-1', null),
    processOf('gateway', 'gateway-2', killed),
  ];
  let failures = 1;
  const { reports, backs } = await keep(processes, () => {
    failures -= 1;
    processes[1] = processOf('leader', 'leader-1', null, 11);
    if (failures === 0) throw new CommandError('serviceFailed', 'The gateway does not start.');
    processes[3] = processOf('gateway', 'gateway-2', null, 12);
  });
  assert.deepEqual(reports, [
    'The leader leader-1 is gone: it was ended by SIGTERM. It is started again in 20 s.',
    'The gateway does not start.\n  It is tried again in 5 s.',
    'The leader leader-1 is back, as process 11.\nThe gateway gateway-2 is back, as process 12.',
  ]);
  assert.equal(backs, 1);
});
