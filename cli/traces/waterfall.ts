import type { AttributeValue, KeptSpan, Trace } from './span.ts';

/** A span in its place: how deep it lies, and where it stands in the time of its trace. */
export type WaterfallRow = {
  readonly span: KeptSpan;
  readonly depth: number;
  /** From the start of the trace, in milliseconds. */
  readonly offsetMs: number;
};

export type Waterfall = {
  readonly rows: readonly WaterfallRow[];
  /** From the first start to the last end. */
  readonly totalMs: number;
  /** Spans that found no room. */
  readonly left: number;
};

const rowsMax = 200;
const depthMax = 16;

/** Parents before their children, these by their start; a span whose parent is not here stands by itself. */
export function layOut({ spans, root }: Trace): Waterfall {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const childrenOf = new Map<string | null, KeptSpan[]>();
  for (const span of spans) {
    const parent = span === root || !ids.has(span.parentSpanId ?? '') ? null : span.parentSpanId;
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), span]);
  }
  const startMs = Math.min(...spans.map((span) => span.startMs));
  const endMs = Math.max(...spans.map((span) => span.startMs + span.durationMs));
  const rows: WaterfallRow[] = [];
  const seen = new Set<KeptSpan>();
  const place = (span: KeptSpan, depth: number): void => {
    // Ids come from outside: a circle of parents must not be walked for ever.
    if (seen.has(span)) return;
    seen.add(span);
    if (rows.length < rowsMax) rows.push({ span, depth, offsetMs: span.startMs - startMs });
    for (const child of childrenOf.get(span.spanId) ?? []) place(child, Math.min(depth + 1, depthMax));
  };
  place(root, 0);
  for (const span of childrenOf.get(null) ?? []) place(span, 0);
  for (const span of spans) place(span, 0);
  return { rows, totalMs: endMs - startMs, left: spans.length - rows.length };
}

/** What a span says of a cache's decision, or of the command that it is. */
export function describeSpan({ attributes, isError, errorMessage, links }: KeptSpan): string {
  const said: string[] = [];
  const result = attributes['cache.result'];
  if (result !== undefined) said.push(`${String(result)}${tierOf(attributes['cache.tier'])}`);
  const keys = Number(attributes['cache.keys'] ?? 0);
  if (keys > 1) said.push(countsOf(attributes));
  const status = attributes['http.response.status_code'];
  if (status !== undefined) said.push(`status ${String(status)}`);
  const lagMs = attributes['cache.invalidation_lag_ms'];
  if (lagMs !== undefined) said.push(`on its way for ${formatMs(Number(lagMs))}`);
  if (isError) said.push(`ERROR ${errorMessage}`.trim());
  for (const { traceId } of links) said.push(`asked for by ${traceId.slice(0, 8)}`);
  return said.join(', ');
}

function tierOf(tier: AttributeValue | undefined): string {
  return tier === undefined || tier === 'none' ? '' : ` in ${tier}`;
}

function countsOf(attributes: KeptSpan['attributes']): string {
  const counts = (['hits', 'stale_hits', 'misses', 'joined', 'bypasses'] as const).flatMap((name) => {
    const count = Number(attributes[`cache.${name}`] ?? 0);
    return count > 0 ? [`${count} ${name.replace('_', ' ')}`] : [];
  });
  return `${String(attributes['cache.keys'])} keys: ${counts.join(' ')}`;
}

/** The text without what a terminal would obey: it comes from outside. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ');
}

export function formatMs(ms: number): string {
  return ms >= 1_000 ? `${(ms / 1_000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

/** How wide the bars are; the rest is for words. */
const barShare = 0.35;
const barColumnsMin = 12;

/** The trace as text: a line per span, with its bar in the time of the whole. */
export function renderWaterfall(trace: Trace, columns = 120): string {
  const { rows, totalMs, left } = layOut(trace);
  const { root } = trace;
  const barColumns = Math.max(barColumnsMin, Math.floor(columns * barShare));
  const names = rows.map(({ span, depth }) => `${'  '.repeat(depth)}${printable(span.name)}`);
  const nameColumns = Math.min(
    Math.max(...names.map((name) => name.length)),
    Math.max(16, Math.floor(columns * 0.32)),
  );
  const lines = rows.map(({ span, offsetMs }, index) => {
    const name = clip(names[index] ?? '', nameColumns).padEnd(nameColumns);
    const bar = barOf(offsetMs, span.durationMs, totalMs, barColumns);
    const words = printable([span.replica, describeSpan(span)].filter((text) => text !== '').join('  '));
    return clip(`${name} ${bar} ${formatMs(span.durationMs).padStart(9)}  ${words}`, columns).trimEnd();
  });
  const started = new Date(root.startMs).toISOString();
  const head = `trace ${trace.traceId}  ${printable(root.candidate)}\n${printable(root.name)}  ${formatMs(root.durationMs)}  ${started}`;
  const more = left > 0 ? [`… ${left} more spans`] : [];
  return `${[head, '', ...lines, ...more].join('\n')}\n`;
}

function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function barOf(offsetMs: number, durationMs: number, totalMs: number, columns: number): string {
  const scale = totalMs > 0 ? columns / totalMs : 0;
  const start = Math.min(columns - 1, Math.floor(offsetMs * scale));
  const length = Math.max(1, Math.min(columns - start, Math.round(durationMs * scale)));
  return `${'·'.repeat(start)}${'█'.repeat(length)}${'·'.repeat(columns - start - length)}`;
}
