import { parser } from '@prometheus-io/lezer-promql';

/** A choice of series in a query, with the variables of Grafana as they stand. */
export type Selector = {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
  /** Where it chooses a range: its length, and the function that takes it. */
  readonly range: { readonly length: string; readonly by: string | null } | null;
};

export const rateInterval = '$__rate_interval';
/** What happens rarely has a window of its own, chosen at the top of a board. */
export const rareWindow = '$rare';
/** All that is in view. */
export const rangeWindow = '$__range';
/** The grammar takes variables in texts, but not for durations: lengths that nobody writes stand for them. */
const standIns: readonly (readonly [variable: string, length: string])[] = [
  [rateInterval, '97m31s'],
  [rangeWindow, '97m37s'],
  [rareWindow, '97m41s'],
];

const withStandIns = (expr: string): string =>
  standIns.reduce((text, [variable, length]) => text.replaceAll(variable, length), expr);
const withVariables = (text: string): string =>
  standIns.reduce((found, [variable, length]) => found.replaceAll(length, variable), text);

type Node = ReturnType<typeof parser.parse>['topNode'];
/** What moves a window stands between it and the function that takes it. */
const movers: ReadonlySet<string> = new Set(['OffsetExpr', 'StepInvariantExpr']);

function callOf(matrix: Node): Node | null {
  let outer = matrix.parent;
  while (outer !== null && movers.has(outer.name)) outer = outer.parent;
  return outer?.parent?.name === 'FunctionCall' ? outer.parent : null;
}

/** The selectors of a query, in their order. */
export function selectorsOf(expr: string): readonly Selector[] {
  const text = withStandIns(expr);
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
      const call = matrix && callOf(matrix);
      selectors.push({
        metric: textOf(node.getChild('Identifier')),
        matchers,
        range: matrix && {
          length: withVariables(textOf(matrix.getChild('DurationExpr'))),
          by: call && textOf(call.getChild('FunctionIdentifier')),
        },
      });
    },
  });
  return selectors;
}
