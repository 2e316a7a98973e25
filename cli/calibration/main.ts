import { Command, Option } from 'commander';
import { runProgram } from '../commands/run-program.ts';
import type { Terminal } from '../commands/terminal.ts';
import { CommandError, exitCodes } from '../errors.ts';
import { readMachineKind } from '../stack/cpu-accounting.ts';
import type { StackContext } from '../stack/stack-context.ts';
import { createStackContext } from '../worlds/workbench.ts';
import { calibrate, missingOf } from './calibrate.ts';
import { calibrationFiles, publish } from './calibration-files.ts';
import { calibrationParts, calibrationSizes, planCalibration } from './calibration-sizes.ts';
import type { PartLetter, SizeName } from './calibration-sizes.ts';
import { openJournal } from './experiment-journal.ts';
import { startForeignLoad } from './foreign-load.ts';
import { runReadmeCommand } from './readme-command.ts';
import { runPlanned } from './run-planned.ts';
import type { CalibrationTools } from './run-planned.ts';
import { createRunReal } from './run-real.ts';

type CalibrateOptions = {
  readonly size: SizeName;
  readonly only: readonly PartLetter[];
  readonly fresh?: boolean;
};

const letters = Object.keys(calibrationParts) as PartLetter[];

function program(terminal: Terminal): Command {
  const parts = letters.map((letter) => `${letter}: ${calibrationParts[letter]}`).join('; ');
  return new Command('calibrate')
    .description(
      'measure how far the verdicts of darkroom compare can be trusted; goes on where it was stopped',
    )
    .addOption(
      new Option('--size <size>', 'minutes (smoke), an hour or two (short), or most of a day (full)')
        .choices(Object.keys(calibrationSizes))
        .default('short'),
    )
    .addOption(
      new Option('--only <part>', `this part, may be repeated; ${parts}`)
        .choices(letters)
        .argParser((letter: string, earlier: readonly PartLetter[]) => [...earlier, parseLetter(letter)])
        .default([]),
    )
    .option('--fresh', 'forget what was finished on this kind of machine, of these parts')
    .configureOutput({ writeOut: terminal.print, writeErr: terminal.progress })
    .exitOverride()
    .action((options: CalibrateOptions) => run(terminal, options));
}

function parseLetter(text: string): PartLetter {
  const letter = letters.find((one) => one === text);
  if (letter === undefined)
    throw new CommandError('usage', `There is no part "${text}": ${letters.join(', ')}.`);
  return letter;
}

function toolsFor(terminal: Terminal, context: StackContext): CalibrationTools {
  return {
    runReal: createRunReal(terminal),
    runCommand: () => runReadmeCommand(context, terminal.checkout),
    startForeignLoad: (load) => startForeignLoad(context, load),
  };
}

async function run(terminal: Terminal, { size, only, fresh = false }: CalibrateOptions): Promise<void> {
  const context = createStackContext(terminal);
  const machine = readMachineKind();
  const files = calibrationFiles(terminal.checkout, context.paths.state, size);
  const journal = openJournal(files.journal, machine);
  if (fresh) journal.forget(only.length === 0 ? letters : only);
  const planned = planCalibration(size, only);
  const tools = toolsFor(terminal, context);
  const { clock, signal, report } = terminal;
  try {
    await calibrate({
      planned,
      journal,
      machine,
      run: (next) => runPlanned(next, tools),
      clock,
      signal,
      report,
    });
  } finally {
    publish(files, machine, journal.records());
    report(`The page is ${files.page}`);
  }
  const missing = missingOf({ planned, journal }).length;
  if (missing > 0) report(`${missing} experiments are missing. Run the command again to go on.`);
  terminal.exitWith(
    signal.aborted ? exitCodes.interrupted : missing > 0 ? exitCodes.serviceFailed : exitCodes.ok,
  );
}

await runProgram(program);
