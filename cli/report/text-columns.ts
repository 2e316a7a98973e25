/** What tables and lists are fitted into: a terminal of usual width. */
export const columnsMax = 100;

const gap = '  ';

type Row = readonly string[];

function widthsOf(rows: readonly Row[]): number[] {
  return rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
}

/** Rows of cells as lines of equal columns. */
export function alignColumns(
  rows: readonly Row[],
  isLeft: (column: number) => boolean,
  widths: readonly number[] = widthsOf(rows),
): string[] {
  return rows.map((row) =>
    row
      .map((cell, column) =>
        isLeft(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join(gap)
      .trimEnd(),
  );
}

/** The least room for names beside their rows; with less, each gets a line of its own. */
const nameRoomMin = 16;

/** The same within `columnsMax`: a first cell that there is no room for stands on a line of its own, above its row. */
export function foldColumns(rows: readonly Row[], isLeft: (column: number) => boolean): string[] {
  const [first = 0, ...others] = widthsOf(rows);
  const left = columnsMax - others.reduce((sum, width) => sum + gap.length + width, 0);
  if (first <= left) return alignColumns(rows, isLeft);
  const room = left < nameRoomMin ? 0 : left;
  const names = rows.map(([name = '']) => name.length).filter((length) => length <= room);
  const widths = [Math.max(0, ...names), ...others];
  return rows.flatMap((row) => {
    const [name = '', ...cells] = row;
    if (name.length <= room) return alignColumns([row], isLeft, widths);
    return [name, ...alignColumns([['', ...cells]], isLeft, widths)];
  });
}

/** Parts that must not be torn, in lines of at most `width`; a longer one has a line of its own. */
export function wrapParts(parts: readonly string[], separator: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last === undefined || last.length + separator.length + part.length > width) lines.push(part);
    else lines[lines.length - 1] = last + separator + part;
  }
  return lines;
}

export function wrapWords(text: string, width: number): string[] {
  return wrapParts(text.split(' '), ' ', width);
}
