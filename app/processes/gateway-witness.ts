import { createStalenessWitness } from '../gateway/staleness-witness.ts';
import { onNeighbours } from '../process/parent-messages.ts';
import { runProcess } from '../process/run-process.ts';
import { createStorage } from '../storage/postgres.ts';

/** Writes through one gateway, and looks at once whether the next one shows it. It serves nobody. */
await runProcess('gateway-witness', ({ config, clock, logger }) => {
  const storage = createStorage(config.databaseUrl, 1, () => {});
  const witness = createStalenessWitness({
    storage,
    clock,
    token: config.gatewayToken,
    onTrouble: (reason) => logger.warn({ err: reason }, 'the witness of gateways was not answered'),
  });
  onNeighbours((_, gateways) => witness.meet(gateways));
  return {
    http: null,
    close: async () => {
      await witness.stop();
      await storage.close();
    },
  };
});
