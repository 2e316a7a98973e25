import { runProcess } from '../process/run-process.ts';

/** A worker: does what follows from actions, behind their answers. */
await runProcess('worker', async (parts) => {
  // What is traced inside libraries must be patched before they are imported.
  const { buildWorker } = await import('../build-worker.ts');
  return { http: null, ...buildWorker(parts) };
});
