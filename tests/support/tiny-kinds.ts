import type { ProcessKind } from '../../app/contract/process-kind.ts';

/** Kinds of process that tests add to a checkout: their programs, by the name of their file. */
export const tinyPrograms = {
  /** Answers every request with the time of its world. */
  'teller.ts': `
import { once } from 'node:events';
import { createServer } from 'node:http';
import { runProcess } from '../process/run-process.ts';

await runProcess('teller', async ({ clock, config }) => {
  const server = createServer((_, response) => response.end(String(clock.now())));
  server.listen(config.port, config.host);
  await once(server, 'listening');
  return {
    http: server.address().port,
    close: async () => void server.close().closeAllConnections(),
  };
});
`,
  /** Answers nobody. */
  'worker.ts': `
import { runProcess } from '../process/run-process.ts';

await runProcess('worker', () => ({ http: null, close: async () => {} }));
`,
} as const;

export const teller: ProcessKind = {
  name: 'teller',
  entry: 'teller.ts',
  count: 1,
  takesLoad: false,
  isScraped: true,
};
export const worker: ProcessKind = { ...teller, name: 'worker', entry: 'worker.ts' };
