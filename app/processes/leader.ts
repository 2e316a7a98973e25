import { runProcess } from '../process/run-process.ts';

/** A process that may lead: one of them owns the metadata, the others stand by. */
await runProcess('leader', async (parts) => {
  // What is traced inside libraries must be patched before they are imported.
  const { buildLeader } = await import('../build-leader.ts');
  return buildLeader(parts);
});
