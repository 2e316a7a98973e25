import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { boards } from './boards/index.ts';
import { renderBoard } from './render-board.ts';
import { ruleFiles } from './rules/rule-files.ts';

const folder = import.meta.dirname;

/** Every generated file and its text, by its path from the root of the repository. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const generated = (kind: string, files: Readonly<Record<string, string>>) =>
    Object.entries(files).map(([name, text]) => [`dashboards/generated/${kind}/${name}`, text] as const);
  const pages = Object.fromEntries(boards.map((board) => [`${board.uid}.json`, renderBoard(board)]));
  return {
    ...Object.fromEntries(generated('prometheus', ruleFiles())),
    ...Object.fromEntries(generated('grafana', pages)),
    'docs/dashboards.md': describeBoards(),
  };
}

/** The boards and their questions, for people. */
function describeBoards(): string {
  const sections = boards.map(({ title, uid, description, rows }) => {
    const questions = rows.map(
      (row) => `- **${row.title}**: ${row.panels.map((panel) => panel.title).join(' ')}`,
    );
    return `## ${title}\n\n${description} (\`dashboards/generated/grafana/${uid}.json\`)\n\n${questions.join('\n')}\n`;
  });
  return `# Dashboards

Written by \`npm run dashboards\` from \`dashboards/boards/\`. Import a file into Grafana 10 or later, and choose a Prometheus and the
candidates at the top. *Scraped every* is how often that Prometheus scrapes: the windows of rates are four times as long,
whatever the data source says of itself. Boards cannot be edited in place, since the next import would undo it: save a copy.
Points on the graphs of durations and misses are exemplars: they lead to a trace, where the data source knows a store of
traces. The alerts of \`dashboards/rules/\` have their pages in [runbooks](runbooks/README.md).

${sections.join('\n')}`;
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(generatedFiles())) {
    const file = join(folder, '..', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
