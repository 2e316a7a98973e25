import type { Board } from '../board.ts';
import { by, driver, ofCandidate, service } from '../board-scope.ts';
import { orZero } from '../cache-ratios.ts';

const byReader = ['candidate', 'reader'] as const;
const checks = (
  where: { readonly horizon?: string; readonly outcome?: string; readonly reader?: string },
  labels: readonly ('candidate' | 'reader' | 'horizon')[] = by,
) => driver.rate('consistencyChecks', { by: labels, where });
const staleShare = (where: { readonly horizon: string; readonly reader?: string }): string =>
  `${orZero(checks({ ...where, outcome: 'stale' }), checks(where))} / ${checks(where)}`;

export const correctnessBoard: Board = {
  uid: 'darkroom-correctness',
  title: 'Darkroom: correctness',
  description: 'Whether reads see what was written, and how late.',
  rows: [
    {
      title: 'What the witness sees',
      panels: [
        {
          title: 'Do reads miss what was just written?',
          description:
            'Share of the reads of the witness that did not have the acknowledged edit, by how long after it they were sent. Strategies differ: docs/strategies.md says what each allows.',
          unit: 'percentunit',
          columns: 12,
          leadsTo: ['darkroom-cache'],
          queries: ['0ms', '100ms', '1s', '5s'].map((horizon) => ({
            expr: staleShare({ horizon }),
            legend: `{{candidate}} after ${horizon}`,
          })),
        },
        {
          title: 'Do people see their own writes?',
          description:
            'The same through the replica that has written, at once. Anything above nothing is felt by people.',
          unit: 'percentunit',
          columns: 12,
          badFrom: 0.001,
          queries: [{ expr: staleShare({ horizon: '0ms', reader: 'same' }), legend: ofCandidate }],
        },
        {
          title: 'How late is a write seen?',
          description:
            'From its acknowledgement to the first check that saw it, p50 and p95, through the same replica and through the other.',
          unit: 's',
          queries: [0.5, 0.95].map((q) => ({
            expr: driver.quantile(q, 'visibilityLag', { by: byReader }),
            legend: `{{candidate}} {{reader}} p${q * 100}`,
          })),
        },
        {
          title: 'How many versions are reads behind?',
          description: 'Mean over the stale reads. More than one: several writes were missed.',
          unit: 'short',
          mayBeEmpty: 'no read was stale',
          queries: [
            { expr: driver.mean('versionsBehind', { by: byReader }), legend: '{{candidate}} {{reader}}' },
          ],
        },
        {
          title: 'How much does the witness look?',
          description: 'Checks per second, by what they found. Without it the figures above mean nothing.',
          unit: 'ops',
          queries: [
            {
              expr: driver.rate('consistencyChecks', { by: ['candidate', 'outcome'] }),
              legend: '{{candidate}} {{outcome}}',
            },
          ],
        },
      ],
    },
    {
      title: 'How replicas hear of writes',
      panels: [
        {
          title: 'Do invalidations get through?',
          description:
            'Sent, received and failed per second. A receiver that is disconnected, or has noticed a loss, has missed some.',
          unit: 'ops',
          leadsTo: ['darkroom-stores'],
          queries: [
            {
              expr: service.rate('cacheInvalidations', { by: ['candidate', 'outcome'] }),
              legend: '{{candidate}} {{outcome}}',
            },
          ],
        },
        {
          title: 'How long are invalidations on their way?',
          description:
            'p50 and p99, from the writer (or the commit, with a change stream) to the other replica.',
          unit: 's',
          leadsTo: ['darkroom-stores', 'darkroom-node'],
          queries: [0.5, 0.99].map((q) => ({
            expr: service.quantile(q, 'cacheInvalidationLag', { by }),
            legend: `{{candidate}} p${q * 100}`,
          })),
        },
        {
          title: 'Do acknowledged writes reach storage?',
          description:
            'Writes through the queue of write-behind per second, by what became of them. Appended and flushed must agree over time.',
          unit: 'ops',
          mayBeEmpty: 'no candidate defers writes',
          leadsTo: ['darkroom-stores'],
          queries: [
            {
              expr: service.rate('cacheQueuedWrites', { by: ['candidate', 'outcome'] }),
              legend: '{{candidate}} {{outcome}}',
            },
          ],
        },
        {
          title: 'How long do acknowledged writes wait?',
          description:
            'p95 of the oldest of each batch: how long the database lags behind what people were told.',
          unit: 's',
          mayBeEmpty: 'no candidate defers writes',
          queries: [{ expr: service.quantile(0.95, 'cacheQueueWait', { by }), legend: ofCandidate }],
        },
      ],
    },
  ],
};
