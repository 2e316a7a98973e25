import { sleep } from 'k6';
import { SharedArray } from 'k6/data';
import encoding from 'k6/encoding';
import type { Options } from 'k6/options';
import type { RunSettings } from '../workloads/run-settings.ts';
import { samplePhotos } from '../workloads/sample-photos.ts';
import { optionsOf } from './options.ts';
import type { RequestOf } from './planned-requests.ts';
import { createPlayer } from './play.ts';
import { trySessions } from './try-sessions.ts';

/** What k6 calls: `setup` once before the load begins, `play` at each arrival. */
export type Script = { readonly options: Options; readonly setup: () => void; readonly play: () => void };

/** Joins what a script exports. Runs in the init context, where k6 lets files be opened. */
export function createScript(settings: RunSettings, requestOf: RequestOf): Script {
  const { samplesFolder = '../media' } = settings;
  // Shared, since every virtual user that opened them would hold all files; few requests upload one.
  const samples = new SharedArray<string>('samples', () =>
    samplePhotos.map(({ file }) => encoding.b64encode(open(`${samplesFolder}/${file}`, 'b'))),
  );
  return {
    options: optionsOf(settings),
    setup: () => {
      trySessions(settings);
      waitUntil(settings.startAtMs);
    },
    play: createPlayer(settings, requestOf, samples),
  };
}

/** The schedule begins with the end of `setup`, when all virtual users are there. */
function waitUntil(startAtMs: number | undefined): void {
  if (startAtMs !== undefined) sleep(Math.max(0, startAtMs - Date.now()) / 1000);
}
