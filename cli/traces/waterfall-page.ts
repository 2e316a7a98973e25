import { describeSpan, formatMs, layOut } from './waterfall.ts';
import type { Trace } from './span.ts';

function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** The only style that its pages have. */
export const style = `
:root { color-scheme: light dark; --ink: light-dark(#1d2327, #e6e8ea); --muted: light-dark(#5c666d, #9aa5ad);
  --ground: light-dark(#fbfaf8, #14171a); --line: light-dark(#e3e1dc, #2e353b); --bar: light-dark(#1f6feb, #6cb0ff);
  --bad: light-dark(#b3261e, #ff8a80); }
body { margin: 0 auto; max-width: 80rem; padding: 1rem 1.25rem; background: var(--ground); color: var(--ink);
  font: 0.9375rem/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 1.125rem; } h2 { font-size: 1rem; margin: 1.5rem 0 0.25rem; } .muted { color: var(--muted); }
table { border-collapse: collapse; width: 100%; } td, th { padding: 0.2rem 0.75rem 0.2rem 0; text-align: left;
  border-bottom: 1px solid var(--line); vertical-align: middle; } td.bar { width: 40%; } .error { color: var(--bad); }
svg { display: block; width: 100%; height: 0.75rem; } rect { fill: var(--bar); } .error rect { fill: var(--bad); }
a { color: var(--bar); } .scroll { overflow-x: auto; }
`;

/** A whole page with this content. It needs nothing from elsewhere. */
function renderPage(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${style}</style></head><body>${content}</body></html>
`;
}

/** The trace as a table of bars, for a page. All its texts are escaped. */
function renderTraceTable(trace: Trace): string {
  const { rows, totalMs, left } = layOut(trace);
  const lines = rows.map(({ span, depth, offsetMs }) => {
    const from = totalMs > 0 ? (offsetMs / totalMs) * 100 : 0;
    const width = totalMs > 0 ? Math.max(0.3, (span.durationMs / totalMs) * 100) : 100;
    const name = `${' '.repeat(depth * 2)}${escape(span.name)}`;
    const bar = `<svg viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="from ${formatMs(offsetMs)}, ${formatMs(span.durationMs)}"><rect x="${from.toFixed(3)}" y="0" width="${width.toFixed(3)}" height="6"/></svg>`;
    return `<tr${span.isError ? ' class="error"' : ''}><td>${name}</td><td class="bar">${bar}</td><td>${formatMs(span.durationMs)}</td><td>${escape(span.replica)}</td><td>${escape(describeSpan(span))}</td></tr>`;
  });
  const more = left > 0 ? `<p class="muted">${left} more spans</p>` : '';
  return `<div class="scroll"><table><thead><tr><th>span</th><th>when</th><th>duration</th><th>replica</th><th>what it says</th></tr></thead><tbody>${lines.join('\n')}</tbody></table></div>${more}`;
}

/** One trace as a page. */
export function renderTracePage(trace: Trace): string {
  const { root, traceId } = trace;
  const title = `${root.name} · ${formatMs(root.durationMs)}`;
  const facts = `${escape(root.candidate)} · ${new Date(root.startMs).toISOString()} · ${traceId}`;
  return renderPage(
    title,
    `<h1>${escape(title)}</h1><p class="muted">${facts}</p>${renderTraceTable(trace)}`,
  );
}

/** A trace and what it is an example of. */
export type HeadedTrace = { readonly heading: string; readonly trace: Trace };

/** Several traces on one page that lies alone in a file; each is found by its id. */
export function renderTracesPage(title: string, traces: readonly HeadedTrace[]): string {
  const parts = traces.map(({ heading, trace }) => {
    const { root, traceId } = trace;
    const line = `${heading} · ${root.name} · ${formatMs(root.durationMs)}`;
    const started = new Date(root.startMs).toISOString();
    return `<h2 id="${escape(traceId)}">${escape(line)}</h2><p class="muted">${started} · ${escape(traceId)}</p>${renderTraceTable(trace)}`;
  });
  return renderPage(title, `<h1>${escape(title)}</h1>${parts.join('\n')}`);
}

/** A list of traces with links to them, as a page. */
export function renderTraceListPage(title: string, traces: readonly Trace[]): string {
  const rows = traces.map(
    ({ traceId, root, spans }) =>
      `<tr><td>${formatMs(root.durationMs)}</td><td><a href="/traces/${traceId}">${escape(root.name)}</a></td><td>${escape(root.candidate)}</td><td>${escape(root.replica)}</td><td>${spans.length} spans</td><td>${new Date(root.startMs).toISOString()}</td></tr>`,
  );
  const table =
    rows.length === 0
      ? '<p class="muted">None yet.</p>'
      : `<div class="scroll"><table><tbody>${rows.join('\n')}</tbody></table></div>`;
  const order =
    '<p><a href="/traces?order=slowest">slowest</a> · <a href="/traces?order=newest">newest</a></p>';
  return renderPage(title, `<h1>${escape(title)}</h1>${order}${table}`);
}
