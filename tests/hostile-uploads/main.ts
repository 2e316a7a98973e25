import { createTerminal } from '../../cli/commands/terminal.ts';
import { exitCodes } from '../../cli/errors.ts';
import { createStackContext } from '../../cli/worlds/workbench.ts';
import { provideTestServers } from '../runner/test-servers.ts';
import { startAttackedService } from './attacked-service.ts';
import { listHostileUploads } from './hostile-list.ts';
import { sendUploads } from './send-uploads.ts';

/** `npm run hostile-uploads [seed]`: prints what came of at least so many hostile uploads to a real process of the service. */
const leastUploads = 500;
const atOnce = 2;

const terminal = createTerminal(process);
const { checkout, clock, signal, report } = terminal;
const print = (line: string) => terminal.print(`${line}\n`);

async function attack(seed: number): Promise<boolean> {
  const servers = await provideTestServers({ databaseUrl: undefined, redisUrl: undefined }, () =>
    createStackContext({ checkout, clock, signal, report }),
  );
  process.env.DARKROOM_TEST_DATABASE_URL = servers.databaseUrl;
  process.env.DARKROOM_TEST_REDIS_URL = servers.redisUrl;
  try {
    const service = await startAttackedService();
    try {
      const uploads = await listHostileUploads(seed, true);
      const { answers, faults } = await sendUploads(service, uploads, atOnce);
      const wrong = [...faults, ...(await service.ills())];
      print(
        `${uploads.length} hostile uploads of seed ${seed}: ${uploads.length - faults.length} as they should be`,
      );
      for (const [code, count] of Object.entries(answers).toSorted((a, b) => b[1] - a[1]))
        print(`  ${String(count).padStart(4)}  ${code}`);
      print(`  ${Math.round(await service.residentMiB())} MiB in memory afterwards`);
      for (const fault of wrong) print(`NOT OK ${fault}`);
      return wrong.length === 0 && uploads.length >= leastUploads;
    } finally {
      await service.stop();
    }
  } finally {
    await servers.stop();
  }
}

const isGreen = await attack(Number(process.argv[2] ?? 1));
terminal.exitWith(isGreen ? exitCodes.ok : exitCodes.internal);
terminal.close();
