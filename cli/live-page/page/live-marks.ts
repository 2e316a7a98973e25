import type uPlot from 'uplot';
import type { LiveEvent, LiveRound } from './live-facts.ts';
import { nameOfRound } from './live-format.ts';
import type { Line } from './live-legend.ts';

/** The value of a CSS variable now: it is another one in the dark. */
export function styleOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A colour, or what a CSS variable stands for now. */
export function colourOf(colour: string): string {
  return colour.startsWith('--') ? styleOf(colour) : colour;
}

const fontPx = 11;
/** Numbers of events that begin together stand beside each other. */
const numberWidthPx = 14;

/** Stretches of time in which something was wrong, behind the lines, with the numbers that the list of events gives them. */
export function drawEvents(plot: uPlot, events: readonly LiveEvent[]): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
  ctx.clip();
  ctx.font = `${fontPx * scale}px system-ui, sans-serif`;
  ctx.textBaseline = 'bottom';
  const [shade, mark] = [styleOf('--mark'), styleOf('--bad')];
  // As one path: stretches that overlap are no darker.
  ctx.fillStyle = shade;
  ctx.beginPath();
  for (const { from, to } of events) {
    const left = plot.valToPos(from, 'x', true);
    const right = plot.valToPos(to ?? plot.scales['x']?.max ?? from, 'x', true);
    ctx.rect(left, bbox.top, Math.max(2, right - left), bbox.height);
  }
  ctx.fill();
  ctx.fillStyle = mark;
  let freeFrom = bbox.left;
  for (const [index, { from }] of events.entries()) {
    const left = plot.valToPos(from, 'x', true);
    ctx.fillRect(left, bbox.top, scale, bbox.height);
    const at = Math.max(left, freeFrom);
    ctx.fillText(String(index + 1), at, bbox.top - scale);
    freeFrom = at + numberWidthPx * scale;
  }
  ctx.restore();
}

/** Where each round of an experiment begins, with its number where there is room for it. */
export function drawRounds(plot: uPlot, rounds: readonly LiveRound[]): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${fontPx * scale}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'top';
  ctx.fillStyle = styleOf('--muted');
  let freeFrom = bbox.left;
  for (const { round, from } of rounds) {
    const left = plot.valToPos(from, 'x', true);
    ctx.fillRect(left, bbox.top, scale, bbox.height);
    const [text, at] = [nameOfRound(round), left + 3 * scale];
    if (at < freeFrom) continue;
    ctx.fillText(text, at, bbox.top + scale);
    freeFrom = at + ctx.measureText(text).width + 3 * scale;
  }
  ctx.restore();
}

/** The name of each area inside it, where it is high enough at the end: areas are not told apart by colour alone. */
export function drawNames(plot: uPlot, lines: readonly Line[]): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.font = `${fontPx * scale}px system-ui, sans-serif`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = styleOf('--ink');
  let below = 0;
  for (const [index, { label }] of lines.entries()) {
    const upTo = plot.data[index + 1]?.at(-1) ?? null;
    if (upTo === null) continue;
    const [bottom, top] = [plot.valToPos(below, 'y', true), plot.valToPos(upTo, 'y', true)];
    if (bottom - top > (fontPx + 5) * scale)
      ctx.fillText(label, bbox.left + bbox.width - 6 * scale, (bottom + top) / 2);
    below = upTo;
  }
  ctx.restore();
}
