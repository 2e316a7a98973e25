import { onNeighbours } from '../process/parent-messages.ts';
import { runProcess } from '../process/run-process.ts';

/** A gateway: answers for the leader of the metadata, and forwards all else to the replicas. */
await runProcess('gateway', async (parts) => {
  // What is traced inside libraries must be patched before they are imported.
  const { buildGateway } = await import('../build-gateway.ts');
  const { meet, ...gateway } = await buildGateway(parts);
  onNeighbours(meet);
  return gateway;
});
