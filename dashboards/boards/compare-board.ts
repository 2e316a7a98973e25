import { withText } from '../board.ts';
import type { Board, Panel } from '../board.ts';
import { titleOf } from '../board-names.ts';
import {
  by,
  driver,
  driverLately,
  inRounds,
  ofCandidate,
  overview,
  ratios,
  service,
} from '../board-scope.ts';
import { orZero, perRequest, sentToRedis } from '../cache-ratios.ts';

const requests = service.observations('requestDuration', { by });
const checks = driverLately.rate('consistencyChecks', { by });
/** The bounds of the table of times, in seconds. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.05] as const;
const figureLabels = ['candidate', 'figure'] as const;
const blockLabels = ['candidate', 'round', 'slot'] as const;
const processLabels = ['candidate', 'instance', 'cache_strategy', 'telemetry_mode'] as const;

/** One figure side by side, of the chosen rounds. */
function side(title: string, unit: Panel['unit'], expr: string, description: string): Panel {
  return { title, unit, description, queries: [{ expr: inRounds(expr), legend: ofCandidate }] };
}

const sideBySide: readonly Panel[] = [
  side(
    'Which candidate is faster (p50)?',
    's',
    service.quantile(0.5, 'requestDuration', { by }),
    'Inside the service. Each round is marked; in turns, each block of a candidate.',
  ),
  side(
    'Whose slow ones are slower (p99)?',
    's',
    service.quantile(0.99, 'requestDuration', { by }),
    'One request in a hundred takes longer, inside the service.',
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
  ...withText('no witness looks', [
    side(
      'Who misses what was just written?',
      'percentunit',
      `${orZero(driverLately.rate('consistencyChecks', { by, where: { outcome: 'stale' } }), checks)} / (${checks} > 0)`,
      'Share of the reads of the witness that were stale, at all horizons, within the window of rare events.',
    ),
  ]),
  {
    title: 'How are the times of each candidate spread?',
    description:
      'Share of its requests up to each bound, over the time in view: a greater share is faster there.',
    unit: 'string',
    kind: 'table',
    columns: 24,
    leadsTo: ['darkroom-service', 'darkroom-cache'],
    table: [
      { of: 'candidate', title: 'Candidate' },
      ...bounds.map((bound, of) => ({
        of,
        title: `Within ${bound * 1000} ms`,
        unit: 'percentunit' as const,
      })),
    ],
    queries: bounds.map((bound) => ({
      expr: `${overview.under('requestDuration', bound, { by })} / (${overview.observations('requestDuration', { by })} > 0)`,
      legend: `within ${bound * 1000} ms`,
    })),
  },
];

const experiment: readonly Panel[] = [
  {
    title: 'Which round runs, and of whom?',
    description:
      'At the end of the time in view, while `darkroom compare --watch` runs; all rounds are marked on the panels. Place 0: all candidates at once. In turns it is the place in the round, and round 0 is the shake-down.',
    unit: 'string',
    kind: 'table',
    columns: 12,
    mayBeEmpty: 'no round runs now',
    table: [
      { of: 'candidate', title: 'Candidate' },
      { of: 'round', title: 'Round' },
      { of: 'slot', title: 'Place' },
    ],
    queries: [
      {
        expr: driver.max('experimentBlock', { by: blockLabels, where: { round: { pattern: '$round' } } }),
        legend: '{{candidate}}',
      },
    ],
  },
  {
    title: 'What does each process run?',
    description: 'Candidate, strategy and telemetry mode: runs of different modes cannot be compared.',
    unit: 'string',
    kind: 'table',
    columns: 12,
    table: [
      { of: 'candidate', title: 'Candidate' },
      { of: 'instance', title: 'Process' },
      { of: 'cache_strategy', title: 'Strategy' },
      { of: 'telemetry_mode', title: 'Telemetry' },
    ],
    queries: [{ expr: service.max('runInfo', { by: processLabels }), legend: '{{candidate}}' }],
  },
  {
    title: 'What did the last round measure?',
    description:
      'Every figure of `darkroom compare`, by its name in the result, each in its own unit. In turns it is the last block of each candidate. What the rounds say together is in the table that the command prints.',
    unit: 'string',
    kind: 'table',
    columns: 24,
    mayBeEmpty: 'no experiment is watched',
    table: [
      { of: 'candidate', title: 'Candidate' },
      { of: 'figure', title: 'Figure' },
      { of: 0, title: 'Value' },
    ],
    queries: [{ expr: driver.max('experimentFigure', { by: figureLabels }), legend: '{{figure}}' }],
  },
];

export const compareBoard: Board = {
  uid: 'darkroom-compare',
  title: titleOf('darkroom-compare'),
  description:
    'Candidates side by side, while they run. What may be said of them is what darkroom compare prints: it repeats, pairs and tests.',
  hasRounds: true,
  rows: [
    { title: 'Side by side', panels: sideBySide },
    { title: 'The experiment', panels: experiment },
  ],
};
