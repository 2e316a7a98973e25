import { CommandError } from '../errors.ts';
import { wordsOf } from './server-words.ts';

/** What came of a trial. `will come`: it is brought when it is needed. `not needed`: it failed, and compare can run all the same. */
export type TrialResult = 'ok' | 'will come' | 'failed' | 'not needed' | 'not tried';

/** One thing that a run does, tried. */
export type Trial = {
  readonly part: string;
  readonly tried: string;
  readonly result: TrialResult;
  /** What it showed; of a failure the words of the server or of the system. */
  readonly said: string;
  /** Empty where there is nothing to do. */
  readonly remedy: string;
};

/** A step of a part: returns what it showed, if that is worth a word, or throws. */
export type Step = { readonly tried: string; readonly run: () => Promise<string | void> };

/** Takes the steps of a part one after the other; after the first that fails, none is tried any more. */
export async function tryInOrder(
  part: string,
  steps: readonly Step[],
  remedyOf: (error: unknown) => string,
): Promise<Trial[]> {
  const trials: Trial[] = [];
  let hasFailed = false;
  for (const { tried, run } of steps) {
    if (hasFailed) {
      trials.push({ part, tried, result: 'not tried', said: '', remedy: '' });
      continue;
    }
    try {
      trials.push({ part, tried, result: 'ok', said: (await run()) ?? '', remedy: '' });
    } catch (error) {
      hasFailed = true;
      trials.push({ part, tried, result: 'failed', ...explain(error, remedyOf) });
    }
  }
  return trials;
}

/** An error that was explained already keeps its words and its remedy. */
function explain(error: unknown, remedyOf: (error: unknown) => string): Pick<Trial, 'said' | 'remedy'> {
  if (error instanceof CommandError) {
    const { message, remedy, logFile } = error;
    if (remedy !== undefined) return { said: message, remedy };
    if (logFile !== undefined) return { said: message, remedy: `More in ${logFile}` };
  }
  return { said: wordsOf(error), remedy: remedyOf(error) };
}
