import { scrapeJobs } from '../app/contract/metric-catalogue.ts';
import { cacheRatios } from './cache-ratios.ts';
import { createPromql } from './promql.ts';

/** Grafana's window: no shorter than holds four scrapes. */
const window = '$__rate_interval';
const candidate = { pattern: '$candidate' } as const;

/** Queries about the service: what is chosen at the top of a board. */
export const service = createPromql({
  window,
  scope: { job: { pattern: '$job' }, instance: { pattern: '$instance' }, candidate },
});
/** About the load and the witness, which are the command line's. */
export const driver = createPromql({ window, scope: { candidate } });
export const postgres = createPromql({ window, scope: { job: scrapeJobs.postgres } });
export const redis = createPromql({ window, scope: { job: scrapeJobs.redis, candidate } });
/** About everything that is scraped. */
export const everything = createPromql({ window });

/** All rounds, and the times in which no experiment runs. */
export const anyRound = '.*';
const round = { pattern: '$round' };

/**
 * While one of the chosen rounds runs the candidate; all the time where all of them are chosen: what a process runs has no
 * round, and only the pattern of all rounds fits that.
 */
export function inRounds(expr: string): string {
  const always = service.select('runInfo', '', { round });
  const meanwhile = driver.value('experimentBlock', { round });
  return `(${expr}) and on (candidate) (${always} or ${meanwhile})`;
}

export const by = ['candidate'] as const;
export const byInstance = ['candidate', 'instance'] as const;
export const ratios = cacheRatios(service, by);
export const ratiosByName = cacheRatios(service, ['candidate', 'cache_name']);
export const ofCandidate = '{{candidate}}';
export const ofInstance = '{{candidate}} {{instance}}';
