import { CommandError } from '../errors.ts';
import type { World, Stack } from '../worlds/world.ts';

/** A dead store cannot be measured around: the experiment ends with what it has. Throws when one died. */
export function assertStoresAlive({ postgres }: Stack, worlds: readonly World[]): void {
  const stores = [
    { name: 'PostgreSQL', server: postgres, label: 'all candidates' },
    ...worlds.map(({ redis, label }) => ({ name: 'Redis', server: redis, label })),
  ];
  for (const { name, server, label } of stores) {
    if (server === null || server.isAlive()) continue;
    throw new CommandError('serviceFailed', `${name} died while ${label} was under load`, {
      remedy: 'The finished rounds are kept. Look into the log, then run again.',
      ...(server.logFile === null ? {} : { logFile: server.logFile }),
    });
  }
}
