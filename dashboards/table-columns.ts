import type { DataTransformerConfig } from '@grafana/grafana-foundation-sdk/dashboard';
import type { TableColumn } from './board.ts';

/** What Grafana calls a column before it is renamed: a label by its name, values by the letter of their query where there are several. */
export function valueField(of: TableColumn['of'], queries: number): string {
  if (typeof of === 'string') return of;
  return queries === 1 ? 'Value' : `Value #${String.fromCodePoint(65 + of)}`;
}

/**
 * How Grafana makes the chosen columns of what Prometheus answers: one row for the same labels of all queries, and then each column
 * in its place and by its title. The time is left out, and every value that is no column.
 */
export function arrangeColumns(columns: readonly TableColumn[], queries: number): DataTransformerConfig[] {
  const values = Array.from({ length: queries }, (_, index) => index);
  const isShown = (index: number): boolean => columns.some(({ of }) => of === index);
  const hidden = ['Time', ...values.filter((index) => !isShown(index)).map((of) => valueField(of, queries))];
  const named = columns.map(({ of, title }) => [valueField(of, queries), title] as const);
  const organize: DataTransformerConfig = {
    id: 'organize',
    options: {
      excludeByName: Object.fromEntries(hidden.map((field) => [field, true])),
      indexByName: Object.fromEntries(named.map(([field], index) => [field, index])),
      renameByName: Object.fromEntries(named),
    },
  };
  return queries === 1 ? [organize] : [{ id: 'merge', options: {} }, organize];
}
