import { onNeighbours } from '../process/parent-messages.ts';
import { runProcess } from '../process/run-process.ts';

/** An edge: an HTTP cache in front of the replicas, which this process configures, keeps running and counts for. */
await runProcess('edge', async (parts) => {
  const { buildEdge } = await import('../build-edge.ts');
  const { meet, ...edge } = await buildEdge(parts);
  onNeighbours(meet);
  return edge;
});
