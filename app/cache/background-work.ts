/** Runs work that nobody waits for, and counts and logs its failure. */
export type RunInBackground = (name: string, task: Promise<unknown>) => void;

/** Runs work that goes on after an answer in a trace of its own, linked to the request that caused it. */
export type RunInOwnTrace = (name: string, work: () => Promise<void>) => Promise<void>;
