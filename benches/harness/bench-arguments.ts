import { parseArgs } from 'node:util';
import { CommandError } from '../../cli/errors.ts';

export type BenchArguments = {
  /** The benches to run; all when none was named. */
  readonly names: readonly string[];
  /** Null: as many as the bench says. */
  readonly rounds: number | null;
  readonly seed: number;
  /** What the page gives as the day; null: today. */
  readonly date: string | null;
  /** Only checks the types of the benches. */
  readonly isCheck: boolean;
  /** Only writes the page from the results that there are. */
  readonly isRender: boolean;
};

const roundsMax = 100;

/** Reads the command line. Throws a CommandError for what nobody knows. */
export function parseArguments(argv: readonly string[], known: readonly string[]): BenchArguments {
  const refuse = (message: string): never => {
    throw new CommandError('usage', message, {
      remedy: `npm run bench -- [--rounds N] [--seed N] [--date D] [--check] [--render] [${known.join(' | ')}] ...`,
    });
  };
  const parse = () => {
    try {
      return parseArgs({
        args: [...argv],
        allowPositionals: true,
        options: {
          rounds: { type: 'string' },
          seed: { type: 'string', default: '1' },
          date: { type: 'string' },
          check: { type: 'boolean', default: false },
          render: { type: 'boolean', default: false },
        },
      });
    } catch (error) {
      return refuse((error as Error).message);
    }
  };
  const wholeNumber = (name: string, text: string, most: number): number =>
    /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= most
      ? Number(text)
      : refuse(`--${name} takes a whole number from 1 to ${most}.`);
  const { values, positionals } = parse();
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) refuse(`There is no bench "${unknown}".`);
  return {
    names: positionals.length === 0 ? known : positionals,
    rounds: values.rounds === undefined ? null : wholeNumber('rounds', values.rounds, roundsMax),
    seed: wholeNumber('seed', values.seed, 2 ** 31),
    date: values.date ?? null,
    isCheck: values.check,
    isRender: values.render,
  };
}
