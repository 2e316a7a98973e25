import { CommandError } from '../errors.ts';

/** A recording that cannot be read, or is not what it should be. Says where, and what is expected there. */
export class RecordingInvalid extends CommandError {
  readonly code = 'RECORDING_INVALID';

  constructor(message: string, details: { remedy?: string; cause?: unknown } = {}) {
    super('usage', `RECORDING_INVALID: ${message}`, details);
    this.name = 'RecordingInvalid';
  }
}

/** Makes the errors of one file: `at` names the line, row or record, counted from 1. */
export function createComplaints(file: string, unit: 'line' | 'row' | 'record') {
  return {
    at: (place: number, message: string, remedy?: string): RecordingInvalid =>
      new RecordingInvalid(`${file}, ${unit} ${place}: ${message}`, remedy === undefined ? {} : { remedy }),
    ofFile: (message: string, details?: { remedy?: string; cause?: unknown }): RecordingInvalid =>
      new RecordingInvalid(`${file}: ${message}`, details),
  };
}

export type Complaints = ReturnType<typeof createComplaints>;
