/**
 * People browse: feeds, photos, profiles, comments, followers, with likes and the odd post (the mix social-default).
 * Alone, against `darkroom up`: k6 run loadtests/scenarios/feed-browsing.ts
 */
import { SharedArray } from 'k6/data';
import { optionsOf } from '../k6/options.ts';
import { createPlayer } from '../k6/play.ts';
import { readSettings } from '../k6/settings.ts';
import { samplePhotos } from '../workloads/sample-photos.ts';
import { scenarios } from '../workloads/scenario-list.ts';
import { planRequests } from '../workloads/schedule.ts';
import { createWorkload } from '../workloads/workload.ts';
import type { PlannedRequest } from '../workloads/workload.ts';

const settings = readSettings(scenarios['feed-browsing'].mix);
const samples = samplePhotos.map(({ file }) => open(`../media/${file}`, 'b'));

/** Planned once per process and shared by all virtual users; or read from a plan, because k6 takes seconds to make one. */
const requests = new SharedArray<PlannedRequest>('requests', () =>
  settings.planFile === undefined
    ? planRequests(createWorkload(settings), settings.passes)
    : (JSON.parse(open(settings.planFile)) as PlannedRequest[]),
);

export const options = optionsOf(settings);

export default createPlayer(settings, requests, samples);
