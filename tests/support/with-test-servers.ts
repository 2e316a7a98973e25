import { createTerminal } from '../../cli/commands/terminal.ts';
import type { Terminal } from '../../cli/commands/terminal.ts';
import { createStackContext } from '../../cli/worlds/workbench.ts';
import { provideTestServers } from '../runner/test-servers.ts';

/** Runs what a command of the tests does, with the servers that are given or, where none are, with some of its own, and ends them. */
export async function withTestServers(work: (terminal: Terminal) => Promise<void>): Promise<void> {
  const terminal = createTerminal(process);
  const { checkout, clock, signal, report } = terminal;
  const given = {
    databaseUrl: process.env.DARKROOM_TEST_DATABASE_URL,
    redisUrl: process.env.DARKROOM_TEST_REDIS_URL,
  };
  try {
    const servers = await provideTestServers(given, () =>
      createStackContext({ checkout, clock, signal, report }),
    );
    try {
      process.env.DARKROOM_TEST_DATABASE_URL = servers.databaseUrl;
      process.env.DARKROOM_TEST_REDIS_URL = servers.redisUrl;
      await work(terminal);
    } finally {
      await servers.stop();
    }
  } finally {
    terminal.close();
  }
}
