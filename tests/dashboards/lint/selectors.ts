import { parser } from '@prometheus-io/lezer-promql';

/** A choice of series in a query, with the variables of Grafana as they stand. */
export type Selector = {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
  /** Where it chooses a range: its length, and the function that takes it. */
  readonly range: { readonly length: string; readonly by: string | null } | null;
};

export const rateInterval = '$__rate_interval';
/** The grammar takes variables in texts, but not for durations: a length that nobody writes stands for this one. */
const standIn = '97m31s';

/** The selectors of a query, in their order. */
export function selectorsOf(expr: string): readonly Selector[] {
  const text = expr.replaceAll(rateInterval, standIn);
  const selectors: Selector[] = [];
  const textOf = (node: { readonly from: number; readonly to: number } | null): string =>
    node === null ? '' : text.slice(node.from, node.to);
  parser.parse(text).iterate({
    enter({ name, node }) {
      if (name !== 'VectorSelector') return;
      const matchers = (node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []).map(
        (matcher) => ({
          label: textOf(matcher.getChild('LabelName')),
          operator: textOf(matcher.getChild('MatchOp')),
          value: textOf(matcher.getChild('StringLiteral')).slice(1, -1),
        }),
      );
      const matrix = node.parent?.name === 'MatrixSelector' ? node.parent : null;
      const call = matrix?.parent?.parent?.name === 'FunctionCall' ? matrix.parent.parent : null;
      selectors.push({
        metric: textOf(node.getChild('Identifier')),
        matchers,
        range: matrix && {
          length: textOf(matrix.getChild('DurationExpr')).replace(standIn, rateInterval),
          by: call && textOf(call.getChild('FunctionIdentifier')),
        },
      });
    },
  });
  return selectors;
}
