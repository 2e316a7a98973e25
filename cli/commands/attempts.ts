import { CommandError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/**
 * Ways in which a result reaches the user beside stdout: files, folders, pages. One that fails is told by its name, once, and takes
 * nothing with it; in the end it decides over the exit status.
 */
export type Attempts = {
  /** Null when it failed. */
  readonly attempt: <T>(face: string, show: () => T) => T | null;
  readonly attemptLater: <T>(face: string, show: () => Promise<T>) => Promise<T | null>;
  /** Names of those that failed. */
  readonly failed: () => readonly string[];
};

export function createAttempts({ report }: Pick<Terminal, 'report'>): Attempts {
  const failed = new Set<string>();
  const complain = (face: string, error: unknown): null => {
    const reason = error instanceof Error ? error.message : String(error);
    if (!failed.has(face)) report(`${face} failed: ${reason}`);
    failed.add(face);
    return null;
  };
  return {
    attempt(face, show) {
      try {
        return show();
      } catch (error) {
        return complain(face, error);
      }
    },
    async attemptLater(face, show) {
      try {
        return await show();
      } catch (error) {
        return complain(face, error);
      }
    },
    failed: () => [...failed],
  };
}

/** Ends a command that showed all it could: throws when something could not be written. */
export function requireShown({ failed }: Attempts): void {
  const names = failed();
  if (names.length > 0)
    throw new CommandError(
      'notWritten',
      `Not everything could be shown or kept; what failed: ${names.join(', ')}.`,
    );
}
