import type { Board, Panel } from '../board.ts';
import { by, driver, inRounds, ofCandidate, ratios, service } from '../board-scope.ts';
import { orZero, perRequest, sentToRedis } from '../cache-ratios.ts';

const requests = service.observations('requestDuration', { by });

/** One figure side by side, of the chosen rounds. */
function side(title: string, unit: Panel['unit'], expr: string, description: string): Panel {
  return { title, unit, description, queries: [{ expr: inRounds(expr), legend: ofCandidate }] };
}

export const compareBoard: Board = {
  uid: 'darkroom-compare',
  title: 'Darkroom: compare candidates',
  description:
    'Candidates side by side, while they run. What may be said of them is what darkroom compare prints: it repeats, pairs and tests.',
  hasRounds: true,
  rows: [
    {
      title: 'Side by side',
      panels: [
        side(
          'Which candidate is faster?',
          's',
          service.quantile(0.5, 'requestDuration', { by }),
          'p50 inside the service. Each round is marked; in turns, each block of a candidate.',
        ),
        side(
          'Whose slow requests are slower?',
          's',
          service.quantile(0.99, 'requestDuration', { by }),
          'p99 inside the service.',
        ),
        side(
          'Who answers more?',
          'reqps',
          requests,
          'Requests per second. In an experiment all are asked the same at the same time, as often as the schedule says; while they warm up, as often as there are answers. In turns only one is asked at a time.',
        ),
        side(
          'Whose caches answer more reads?',
          'percentunit',
          ratios.hitRatio,
          'Hits and stale hits of the reads that asked the cache.',
        ),
        side(
          'Who spares the database most?',
          'short',
          ratios.queriesPerRequest,
          'Queries to PostgreSQL per request; those of health checks are left out.',
        ),
        side(
          'Who needs Redis most?',
          'short',
          perRequest(
            orZero(service.observations('cacheOperationDuration', { by, where: sentToRedis }), requests),
            requests,
          ),
          'Commands that were sent to Redis, per request.',
        ),
        side(
          'Who needs more CPU?',
          's',
          perRequest(service.rate('processCpu', { by }), requests),
          "Seconds of the service's CPU per request.",
        ),
        side(
          'Who misses what was just written?',
          'percentunit',
          `${orZero(driver.rate('consistencyChecks', { by, where: { outcome: 'stale' } }), driver.rate('consistencyChecks', { by }))} / ${driver.rate('consistencyChecks', { by })}`,
          'Share of the reads of the witness that were stale, at all horizons.',
        ),
        {
          title: 'How are the times of each candidate spread?',
          description: 'Share of its requests up to each bound: a line further up is faster there.',
          unit: 'percentunit',
          leadsTo: ['darkroom-service', 'darkroom-cache'],
          queries: [0.001, 0.0025, 0.005, 0.01, 0.05].map((bound) => ({
            expr: inRounds(`${service.under('requestDuration', bound, { by })} / ${requests}`),
            legend: `{{candidate}} within ${bound * 1000} ms`,
          })),
        },
      ],
    },
    {
      title: 'The experiment',
      panels: [
        {
          title: 'Which round runs, and of whom?',
          description:
            'Candidate and round, while `darkroom compare --watch` runs. Place 0: all of them at once. In turns it is the place in the round, and round 0 is the shake-down.',
          unit: 'none',
          columns: 12,
          mayBeEmpty: 'no experiment is watched',
          queries: [
            {
              expr: driver.value('experimentBlock', { round: { pattern: '$round' } }),
              legend: '{{candidate}} round {{round}}, place {{slot}}',
            },
          ],
        },
        {
          title: 'What did the last round measure?',
          description:
            'Every figure of `darkroom compare`, by its name in the result, each in its own unit. In turns it is the last block of each candidate. What the rounds say together is in the table that the command prints.',
          unit: 'none',
          kind: 'table',
          columns: 24,
          mayBeEmpty: 'no experiment is watched',
          queries: [{ expr: driver.value('experimentFigure'), legend: '{{candidate}} {{figure}}' }],
        },
        {
          title: 'What does each process run?',
          description: 'Candidate, strategy and telemetry mode: runs of different modes cannot be compared.',
          unit: 'none',
          kind: 'table',
          columns: 12,
          queries: [
            {
              expr: service.value('runInfo'),
              legend: '{{candidate}} {{telemetry_mode}}',
            },
          ],
        },
      ],
    },
  ],
};
