import { createCountWitness, settleMsOf } from '../counters/count-witness.ts';
import { onNeighbours } from '../process/parent-messages.ts';
import { runProcess } from '../process/run-process.ts';
import { createStorage } from '../storage/postgres.ts';

const connections = 1;

/** Counts what it knows, and looks when and how exactly the replicas say so. It serves nobody. */
await runProcess('counter-witness', ({ config, clock, logger }) => {
  const storage = createStorage(config.databaseUrl, connections, () => {});
  const witness = createCountWitness({
    storage,
    clock,
    name: `witness-${clock.now()}`,
    settleMs: settleMsOf(config.candidate.counters),
    onTrouble: (reason) => logger.warn({ err: reason }, 'the witness of counters was not answered'),
  });
  onNeighbours(witness.meet);
  return {
    http: null,
    close: async () => {
      await witness.stop();
      await storage.close();
    },
  };
});
