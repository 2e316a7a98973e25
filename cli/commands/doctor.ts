import { availableParallelism } from 'node:os';
import { exitCodes } from '../errors.ts';
import { countNeeds } from '../doctor/try-needs.ts';
import { tryStorage, tryTier } from '../doctor/try-stores.ts';
import { tryK6, tryPrometheus, tryVarnish } from '../doctor/try-tools.ts';
import { renderTrials } from '../doctor/trial-table.ts';
import { readMachine } from '../stack/cpu-accounting.ts';
import { readMachineRoom } from '../stack/machine-room.ts';
import type { StackContext } from '../stack/stack-context.ts';
import { tryInOrder } from '../stack/trial.ts';
import type { Trial } from '../stack/trial.ts';
import { createStackContext } from '../worlds/workbench.ts';
import type { Terminal } from './terminal.ts';

/**
 * Tries everything that a comparison does, and prints what came of it. Installs nothing; servers that it starts are stopped, and
 * what it makes in others is removed. The exit status is 3 when something that is needed failed.
 */
export async function doctor(
  terminal: Terminal,
  { json = false }: { readonly json?: boolean } = {},
): Promise<void> {
  const trials = await tryAll(terminal);
  const exitCode = trials.some(({ result }) => result === 'failed')
    ? exitCodes.cannotProvision
    : exitCodes.ok;
  terminal.print(json ? `${JSON.stringify({ exitCode, trials }, null, 2)}\n` : renderTrials(trials));
  terminal.exitWith(exitCode);
}

async function tryAll(terminal: Terminal): Promise<Trial[]> {
  const said = `${process.version}, ${process.execPath}`;
  const node: Trial = { part: 'Node', tried: 'read its version', result: 'ok', said, remedy: '' };
  let context: StackContext | null = null;
  const folders = await tryInOrder(
    'folders',
    [
      {
        tried: 'write',
        run: async () => {
          context = createStackContext(terminal);
          return `data in ${context.paths.data}, cache in ${context.paths.cache}`;
        },
      },
    ],
    () => 'Free some space, or mend the owner; TMPDIR and DARKROOM_CACHE_DIR name other places.',
  );
  const found = context as StackContext | null;
  // Without a place to write to, nothing else can be tried.
  if (found === null) return [node, ...folders];
  return [
    node,
    ...folders,
    ...(await tryStorage(found)),
    ...(await tryTier(found)),
    await tryK6(found),
    tryPrometheus(found),
    tryVarnish(found),
    ...tryMachine(found),
  ];
}

function tryMachine({ paths, environment }: StackContext): Trial[] {
  const { cpuPressurePct } = readMachine();
  const pressure =
    cpuPressurePct === null ? 'CPU pressure unknown' : `CPU pressure ${cpuPressurePct.toFixed(0)} %`;
  const part = 'machine';
  const cores = `${availableParallelism()}, ${pressure}`;
  const { memoryBytes, openFiles, diskBytes } = readMachineRoom(paths.data);
  const disk = environment.databaseUrl === null ? diskBytes : null;
  return [
    { part, tried: 'count cores', result: 'ok', said: cores, remedy: '' },
    ...countNeeds(part, { memoryBytes, openFiles, diskBytes: disk }),
  ];
}
