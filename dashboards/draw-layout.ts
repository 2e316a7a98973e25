import type { Board, Panel } from './board.ts';
import { placePanels } from './place-panels.ts';

/** Pixels: of a column of the grid, and of a unit of its height. */
const columnPx = 40;
const heightPx = 8;
const width = 24 * columnPx;
/** The height of the title above the panels of a row. */
const rowPx = 30;
const gapPx = 4;
const ground = '#ffffff';
const fills = { box: '#f6f7f9', edge: '#c9ced6', title: '#1b1f24', text: '#57606a' } as const;
/** Panels that answer one of the three questions of a first row. */
const answering = '#2f80c8';
const fontPx = 12;
/** About the width of a letter, of the size of its font. */
const letterShare = 0.55;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * How the panels of a board lie, with their titles and what their lines or columns are called: its form, without data, as an image in
 * SVG. What Grafana makes of it looks otherwise.
 */
export function drawLayout({ title, rows }: Board): string {
  let top = 0;
  const parts = rows.flatMap((row) => {
    const heading = label(row.title, gapPx, top + rowPx - 10, {
      fill: fills.title,
      weight: 'bold',
      size: 14,
    });
    top += rowPx;
    const placed = placePanels(row.panels);
    const panels = placed.flatMap(({ panel, x, y, w, h }) =>
      drawPanel(panel, { x: x * columnPx, y: top + y * heightPx, w: w * columnPx, h: h * heightPx }),
    );
    top += Math.max(...placed.map(({ y, h }) => y + h)) * heightPx;
    return [heading, ...panels];
  });
  const size = `width="${width}" height="${top}" viewBox="0 0 ${width} ${top}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="${fontPx}">
<title>${escaped(title)}</title>
<rect width="${width}" height="${top}" fill="${ground}"/>
${parts.join('\n')}
</svg>
`;
}

type Box = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
type Style = { readonly fill: string; readonly weight?: string; readonly size?: number };

function label(
  text: string,
  x: number,
  y: number,
  { fill, weight = 'normal', size = fontPx }: Style,
): string {
  return `<text x="${x}" y="${y}" fill="${fill}" font-weight="${weight}" font-size="${size}">${escaped(text)}</text>`;
}

function drawPanel(panel: Panel, { x, y, w, h }: Box): string[] {
  const [left, top, wide, high] = [x + gapPx / 2, y + gapPx / 2, w - gapPx, h - gapPx];
  const edge = panel.answers === undefined ? fills.edge : answering;
  const letters = Math.floor((wide - 20) / (fontPx * letterShare));
  return [
    `<rect x="${left}" y="${top}" width="${wide}" height="${high}" rx="3" fill="${fills.box}" stroke="${edge}"/>`,
    label(panel.title, left + 8, top + 18, { fill: fills.title, weight: 'bold' }),
    ...wrapped(contentsOf(panel), letters, 2).map((line, index) =>
      label(line, left + 8, top + 36 + index * 16, { fill: fills.text, size: fontPx - 1 }),
    ),
  ];
}

/** What is seen in a panel: its columns, or its lines as their legend calls them. */
function contentsOf({ kind = 'lines', table = [], queries, isPerCandidate = false }: Panel): string {
  if (kind === 'table') return `table: ${table.map(({ title }) => title).join(', ')}`;
  if (kind === 'heatmap') return 'heat map';
  const lines = queries.map(({ legend }) => legend.replaceAll(/\{\{(\w+)\}\}/g, '‹$1›').replaceAll('_', ' '));
  return isPerCandidate ? `${lines.join(', ')}; a panel of each candidate` : lines.join(', ');
}

/** In so many lines at most; what has no room is left out, and three dots say so. */
function wrapped(text: string, letters: number, linesMax: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    const longer = last === '' ? word : `${last} ${word}`;
    if (longer.length <= letters) lines[lines.length - 1] = longer;
    else if (lines.length < linesMax) lines.push(word);
    else {
      lines[lines.length - 1] = `${last} …`;
      break;
    }
  }
  return lines;
}
