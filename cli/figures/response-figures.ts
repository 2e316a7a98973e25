import { tailMargin, usualMargin } from '../../app/contract/figure.ts';
import type { DriverFigure, Figure } from '../../app/contract/figure.ts';
import { milliseconds } from '../../app/contract/figure-text.ts';

type Own = Pick<Figure, 'meaning' | 'margin' | 'table' | 'words'> & { readonly isTold: boolean };

function responseTime(name: DriverFigure, own: Own): Figure {
  return {
    name,
    unit: 'ms',
    from: { driver: name },
    per: null,
    scale: 'ratio',
    better: 'less',
    write: milliseconds,
    title: name,
    ...own,
  };
}

function quantile(name: 'p50' | 'p95' | 'p99', isTold: boolean): Figure {
  return responseTime(name, {
    meaning: `${name.slice(1)} % of the requests were answered within it`,
    margin: name === 'p50' ? () => usualMargin : tailMargin,
    table: 'responses',
    words: `${name} response time`,
    isTold,
  });
}

/** How fast it was, as the driver sees it. The first is what verdicts rest on where nothing else is asked for. */
export const responseFigures: readonly Figure[] = [
  responseTime('request', {
    meaning:
      'geometric mean of the response times of paired requests; its change is that of the same request',
    margin: () => usualMargin,
    table: null,
    words: 'same-request change',
    isTold: true,
  }),
  quantile('p50', true),
  quantile('p95', true),
  quantile('p99', false),
  responseTime('mean', {
    meaning: 'arithmetic mean of all response times',
    margin: () => usualMargin,
    table: 'responses',
    words: 'mean response time',
    isTold: true,
  }),
];

export const usualPrimary = 'request';
