import type { Panel } from './board.ts';

export const gridColumns = 24;
const panelHeight = 8;

type Place = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
export type PlacedPanel = Place & { readonly panel: Panel };

/**
 * Places panels from left to right, as many in a line as there is room for, and then in the next line below.
 * The panels of a line that is not full share its width equally, so that the grid has no holes.
 */
export function placePanels(panels: readonly Panel[]): readonly PlacedPanel[] {
  return linesOf(panels).flatMap((line, index) => {
    const y = index * panelHeight;
    const isFull = line.reduce((sum, panel) => sum + widthOf(panel), 0) === gridColumns;
    let x = 0;
    return line.map((panel) => {
      const w = isFull ? widthOf(panel) : gridColumns / line.length;
      const placed = { panel, x, y, w, h: panelHeight };
      x += w;
      return placed;
    });
  });
}

function linesOf(panels: readonly Panel[]): readonly (readonly Panel[])[] {
  const lines: Panel[][] = [];
  let room = 0;
  for (const panel of panels) {
    const width = widthOf(panel);
    if (width > room) {
      lines.push([]);
      room = gridColumns;
    }
    lines.at(-1)?.push(panel);
    room -= width;
  }
  return lines;
}

/**
 * A panel that is repeated for each candidate takes all columns, since its copies would lie over its
 * neighbours.
 */
function widthOf({ columns = 8, isPerCandidate = false }: Panel): number {
  return isPerCandidate ? gridColumns : columns;
}
