import type { Environment } from '../environment.ts';
import type { StackPaths } from './stack-paths.ts';

/** What every step that provides a server is given. */
export type StackContext = {
  readonly paths: StackPaths;
  readonly environment: Environment;
  /** Tells the user what is being done. */
  readonly report: (message: string) => void;
  /** Aborted by Ctrl-C: whatever runs is stopped. */
  readonly signal: AbortSignal;
};
