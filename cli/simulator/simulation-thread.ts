import { parentPort, workerData } from 'node:worker_threads';
import { startGroup } from './job-group.ts';
import { columnsIn } from './shared-batch.ts';
import type { FromThread, ThreadTask, ToThread } from './simulation-messages.ts';

/** A thread that simulates: `simulation-threads.ts` starts it. */
async function simulate({ jobs }: ThreadTask): Promise<void> {
  const port = parentPort;
  if (port === null) throw new TypeError('This is the entry of a thread.');
  const group = await startGroup(jobs);
  const tell = (message: FromThread): void => port.postMessage(message);
  port.on('message', (message: ToThread) => {
    if (message.kind === 'end') {
      tell({ kind: 'done', outcomes: group.outcomes() });
      port.close();
      return;
    }
    const { place, buffer, length, classes } = message;
    group.run({ length, ...columnsIn(buffer) }, classes);
    tell({ kind: 'taken', place });
  });
}

// What it is started with is what `simulation-threads.ts` gives it.
await simulate(workerData as ThreadTask);
