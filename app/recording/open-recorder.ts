import { join } from 'node:path';
import { policiesOf } from '../classes/system.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { ownLifetimeMsOf } from '../contract/entity-lifetimes.ts';
import { recordAndDiscard } from '../contract/recorded-event.ts';
import { createEventFile } from './event-file.ts';
import { createRecorder } from './recorder.ts';
import type { Recorder } from './recorder.ts';

export type RecorderOptions = {
  readonly config: Pick<Config, 'candidate' | 'replica' | 'recordTo' | 'recordBytesMax'>;
  readonly clock: Clock;
  readonly uniqueId: () => string;
  readonly onFailed: (error: unknown) => void;
};

/** Null where nobody records. A process that is started anew writes another file. */
export function openRecorder({ config, clock, uniqueId, onFailed }: RecorderOptions): Recorder | null {
  const { recordTo, recordBytesMax, replica } = config;
  if (recordTo === '') return null;
  return createRecorder({
    clock,
    file: createEventFile({
      file: recordTo === recordAndDiscard ? null : join(recordTo, `${replica}.${uniqueId()}`),
      bytesMax: recordBytesMax,
      onFailed,
    }),
    lifetimeMs: lifetimesOf(config.candidate),
  });
}

/** How long entries of an entity live at most: as the candidate says of it alone, of its class, or of everything. */
export function lifetimesOf({
  cache,
  classes,
}: Pick<Config['candidate'], 'cache' | 'classes'>): (entity: string) => number {
  const policies = policiesOf(classes);
  return (entity) => ownLifetimeMsOf(entity, cache) ?? policies.get(entity)?.ttlMs ?? cache.ttlMs;
}
