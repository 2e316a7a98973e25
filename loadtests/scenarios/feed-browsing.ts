/**
 * People browse: feeds, photos, profiles, comments, followers, with likes and the odd post (the mix social-default).
 * Alone, against `darkroom up`: k6 run loadtests/scenarios/feed-browsing.ts
 */
import { SharedArray } from 'k6/data';
import encoding from 'k6/encoding';
import { optionsOf } from '../k6/options.ts';
import { openRequests } from '../k6/planned-requests.ts';
import { createPlayer } from '../k6/play.ts';
import { readSettings } from '../k6/settings.ts';
import { samplePhotos } from '../workloads/sample-photos.ts';
import { scenarios } from '../workloads/scenario-list.ts';

const settings = readSettings(scenarios['feed-browsing'].mix);
/** Shared, since every virtual user that opened them would hold all files; few requests upload one. */
const samples = new SharedArray<string>('samples', () =>
  samplePhotos.map(({ file }) => encoding.b64encode(open(`../media/${file}`, 'b'))),
);

export const options = optionsOf(settings);

export default createPlayer(settings, openRequests(settings), samples);
