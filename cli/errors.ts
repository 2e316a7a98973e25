/** Exit codes of `darkroom`. Others script against them. */
export const exitCodes = {
  ok: 0,
  internal: 1,
  usage: 2,
  cannotProvision: 3,
  notWritten: 4,
  gateFailed: 10,
  inconclusive: 11,
  serviceFailed: 20,
  generatorSaturated: 30,
  tooNoisy: 31,
  interrupted: 130,
} as const;

export type ExitReason = keyof typeof exitCodes;

/**
 * An error that ends the command. The user sees `message`, then `remedy` (what to do), then the log file that says more;
 * never a stack trace.
 */
export class CommandError extends Error {
  readonly reason: ExitReason;
  readonly remedy: string | undefined;
  readonly logFile: string | undefined;

  constructor(
    reason: ExitReason,
    message: string,
    details: { remedy?: string; logFile?: string; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'CommandError';
    this.reason = reason;
    this.remedy = details.remedy;
    this.logFile = details.logFile;
  }

  get exitCode(): number {
    return exitCodes[this.reason];
  }
}
