import { parser } from '@prometheus-io/lezer-promql';

export type PromqlNode = ReturnType<typeof parser.parse>['topNode'];

const comparisons: ReadonlySet<string> = new Set(['Eql', 'Neq', 'Gtr', 'Lss', 'Gte', 'Lte']);
const setOperators: ReadonlySet<string> = new Set(['And', 'Or', 'Unless']);
/** They bind tighter than any operator, which this grammar does not know: `a > b offset 5m` reads as `(a > b) offset 5m`. */
const suffixed: ReadonlySet<string> = new Set([
  'OffsetExpr',
  'MatrixSelector',
  'SubqueryExpr',
  'StepInvariantExpr',
]);

export type BinaryExpression = {
  readonly left: PromqlNode;
  readonly operator: PromqlNode;
  readonly right: PromqlNode;
};

/** The two sides of an operator; null where there is none. */
export function binaryOf(node: PromqlNode): BinaryExpression | null {
  const { firstChild: left, lastChild: right } = node;
  const operator = left?.nextSibling ?? null;
  if (node.name !== 'BinaryExpr' || left === null || operator === null || right === null) return null;
  return { left, operator, right };
}

export const isComparison = ({ operator }: BinaryExpression): boolean => comparisons.has(operator.name);
export const isSetOperation = ({ operator }: BinaryExpression): boolean => setOperators.has(operator.name);

/** The query as a tree. Throws a RangeError where the grammar would read it in another way than Prometheus does. */
export function parsePromql(expr: string): PromqlNode {
  const { topNode } = parser.parse(expr);
  topNode.cursor().iterate(({ type, name, from, to, node }) => {
    if (type.isError) throw new RangeError(`does not parse: ${expr.slice(from - 12, to + 12)}`);
    if (suffixed.has(name) && node.firstChild?.name === 'BinaryExpr')
      throw new RangeError(`put brackets around what ends at: ${expr.slice(from, to)}`);
  });
  return topNode;
}

/**
 * The expressions that an alert compares, on both sides, without plain numbers: each must have data for the alert to be able
 * to fire, or to stay silent for a reason.
 */
export function operandsOf(expr: string): string[] {
  const split = (node: PromqlNode): string[] => {
    if (node.name === 'PromQL' || node.name === 'ParenExpr')
      return node.firstChild === null ? [] : split(node.firstChild);
    const binary = binaryOf(node);
    if (binary !== null && isSetOperation(binary)) return [...split(binary.left), ...split(binary.right)];
    const sides = binary !== null && isComparison(binary) ? [binary.left, binary.right] : [node];
    return sides
      .filter(({ name }) => name !== 'NumberDurationLiteral')
      .map(({ from, to }) => expr.slice(from, to));
  };
  return [...new Set(split(parsePromql(expr)))];
}
