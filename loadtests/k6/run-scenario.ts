import { SharedArray } from 'k6/data';
import encoding from 'k6/encoding';
import type { Options } from 'k6/options';
import { samplePhotos } from '../workloads/sample-photos.ts';
import { scenarios } from '../workloads/scenario-list.ts';
import type { ScenarioName } from '../workloads/scenario-list.ts';
import { optionsOf } from './options.ts';
import { openRequests } from './planned-requests.ts';
import { createPlayer } from './play.ts';
import { readSettings } from './settings.ts';
import { trySessions } from './try-sessions.ts';

/** What k6 calls: `setup` once before the load begins, `play` at each arrival. */
export type Script = { readonly options: Options; readonly setup: () => void; readonly play: () => void };

/** What a script of a scenario exports. Runs in the init context, where k6 lets files be opened. */
export function runScenario(name: ScenarioName): Script {
  const settings = readSettings(scenarios[name].mix);
  // Shared, since every virtual user that opened them would hold all files; few requests upload one.
  const samples = new SharedArray<string>('samples', () =>
    samplePhotos.map(({ file }) => encoding.b64encode(open(`../media/${file}`, 'b'))),
  );
  return {
    options: optionsOf(settings),
    setup: () => trySessions(settings),
    play: createPlayer(settings, openRequests(settings), samples),
  };
}
