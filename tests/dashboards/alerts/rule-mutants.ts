import { binaryOf, isComparison, isSetOperation, parsePromql } from '../lint/promql-operands.ts';
import type { PromqlNode } from '../lint/promql-operands.ts';

const turned: Readonly<Record<string, string>> = {
  '>': '<',
  '<': '>',
  '>=': '<',
  '<=': '>',
  '==': '!=',
  '!=': '==',
};

/** A query with one thing wrong in it. */
type Mutant = { readonly change: string; readonly expr: string };

/**
 * Every query that differs from this one in a comparison that is turned around, in a number that is doubled or halved, or in a
 * part of an `and`, `or` or `unless` that is left out. Durations stay as they are.
 */
export function mutantsOf(expr: string): Mutant[] {
  const mutants: Mutant[] = [];
  const replace = ({ from, to }: PromqlNode, text: string): void => {
    const change = `${expr.slice(from, to)} becomes ${text}`;
    mutants.push({ change, expr: expr.slice(0, from) + text + expr.slice(to) });
  };
  const textOf = ({ from, to }: PromqlNode): string => expr.slice(from, to);
  parsePromql(expr)
    .cursor()
    .iterate(({ node }) => {
      const value = Number(textOf(node));
      if (node.name === 'NumberDurationLiteral' && value !== 0)
        for (const factor of [2, 0.5]) replace(node, String(value * factor));
      const binary = binaryOf(node);
      if (binary === null) return;
      const { left, operator, right } = binary;
      if (isComparison(binary)) replace(operator, turned[textOf(operator)] ?? '');
      if (!isSetOperation(binary)) return;
      replace(node, textOf(left));
      // What is excluded would stand for what it is excluded from.
      if (operator.name !== 'Unless') replace(node, textOf(right));
    });
  return mutants;
}
