import { createFeedWitness } from '../feeds/visibility-witness.ts';
import { onNeighbours } from '../process/parent-messages.ts';
import { runProcess } from '../process/run-process.ts';
import { createStorage } from '../storage/postgres.ts';

const connections = 2;

/** Posts, and looks as a follower when that can be seen. It serves nobody. */
await runProcess('feed-witness', ({ config, clock, logger }) => {
  const storage = createStorage(config.databaseUrl, connections, () => {});
  const witness = createFeedWitness({
    storage,
    clock,
    onTrouble: (reason) => logger.warn({ err: reason }, 'the witness of feeds was not answered'),
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
