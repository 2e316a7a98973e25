import { runProcess } from '../process/run-process.ts';

/** A worker that rolls up the events of counters. It serves nobody. */
await runProcess('rollup-worker', async (parts) => {
  // What is traced inside libraries must be patched before they are imported.
  const { buildRollupWorker } = await import('../build-rollup-worker.ts');
  return { http: null, ...(await buildRollupWorker(parts)) };
});
