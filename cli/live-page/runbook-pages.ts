import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', '..', 'docs', 'runbooks');
const ending = '.md';

/** Where an alert's runbook is served; null when its `runbook_url` names none of ours. */
export function runbookAddress(runbookUrl: string | undefined): string | null {
  const [, file = null] = /^docs\/runbooks\/([a-z-]+\.md)$/.exec(runbookUrl ?? '') ?? [];
  return file === null ? null : `/runbooks/${file}`;
}

/** The runbooks as pages, by their addresses. Each is read, and what renders them loaded, when it is asked for. */
export function findRunbooks(): ReadonlyMap<string, () => Promise<string>> {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return new Map(names.map((name) => [`/runbooks/${name}`, () => renderRunbook(name)]));
}

async function renderRunbook(name: string): Promise<string> {
  const { marked } = await import('marked');
  const content = marked.parse(readFileSync(join(folder, name), 'utf8'), { async: false });
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Darkroom: ${name.slice(0, -ending.length)}</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/live.css" />
  </head>
  <body class="runbook">
    <p><a href="/">The run</a> · <a href="/runbooks/README.md">All runbooks</a></p>
    <article>${content}</article>
  </body>
</html>
`;
}
