import { parseArgs } from 'node:util';
import { CommandError, exitCodes } from '../../cli/errors.ts';

/** One of the numbers of a command line; the fallback where it was not given. Throws a CommandError that says what it takes instead. */
export type NumberOf<Name extends string> = (
  name: Name,
  least: number,
  most: number,
  fallback: number,
) => number;

/** Reads a command line of nothing but whole numbers with these names. */
export function readNumbers<Name extends string>(
  argv: readonly string[],
  names: readonly Name[],
): NumberOf<Name> {
  const given = parseTexts(argv, names);
  return (name, least, most, fallback) => {
    const text = given[name];
    if (text === undefined) return fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new CommandError('usage', `--${name} takes a whole number from ${least} to ${most}.`);
  };
}

function parseTexts(
  argv: readonly string[],
  names: readonly string[],
): Readonly<Record<string, string | undefined>> {
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    const message = `This takes ${names.map((name) => `--${name}`).join(', ')}, each with a whole number.`;
    throw new CommandError('usage', message, { cause: error });
  }
}

/** Runs what a command does. One that was called wrongly says so in a sentence, and ends with the status for that. */
export async function runCommand(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandError) || error.reason !== 'usage') throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = exitCodes.usage;
  }
}
