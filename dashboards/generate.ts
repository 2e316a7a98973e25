import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { boards } from './boards/index.ts';
import { drawLayout } from './draw-layout.ts';
import { postgresQuestionsFile } from './postgres-questions.ts';
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
    ...Object.fromEntries(generated('postgres-exporter', { 'queries.yml': postgresQuestionsFile() })),
    ...Object.fromEntries(
      boards.map((board) => [`docs/${pictureOf(board.uid)}`, drawLayout(board)] as const),
    ),
    'docs/dashboards.md': describeBoards(),
  };
}

/** Where the form of a board is drawn, beside the page that shows it. */
const pictureOf = (uid: string): string => `pictures/${uid}.svg`;

/** The boards and their questions, for people. */
function describeBoards(): string {
  const sections = boards.map(({ title, uid, description, rows }) => {
    const questions = rows.map(
      (row) => `- **${row.title}**: ${row.panels.map((panel) => panel.title).join(' ')}`,
    );
    const picture = `![How the panels of the board lie, and what their lines and columns are called](${pictureOf(uid)})`;
    return `## ${title}\n\n${description} (\`dashboards/generated/grafana/${uid}.json\`)\n\n${picture}\n\n${questions.join('\n')}\n`;
  });
  return `# Dashboards

Written by \`npm run dashboards\` from \`dashboards/boards/\`. Import a file into Grafana 10 or later, and choose a Prometheus and the
candidates at the top. *Scraped every* is how often that Prometheus scrapes: the windows of rates are four times as long,
whatever the data source says of itself. *Rare events over* is the window in which failures and other rare events are counted: no
shorter than four scrapes. Boards cannot be edited in place, since the next import would undo it: save a copy.
Points on the graphs of p99 are exemplars: they lead to a trace, where the data source knows a store of
traces. A candidate has the same colour wherever it is named alone, and so has each part that answers reads
(\`dashboards/series-colours.ts\`). Where there may be any number of series, those are shown that lead in the time in view. The exporter of
PostgreSQL is to be started with \`--extend.query-path=dashboards/generated/postgres-exporter/queries.yml\`: it says who waits for whom.
The alerts of \`dashboards/rules/\` have their pages in [runbooks](runbooks/README.md).

What is drawn under each board is its form, without data: how its panels lie, and what their
lines and columns are called. Those with a blue edge answer the three questions of a board's first row: does it work for users, what is it
short of, what has changed? The simulator has no board: it exposes no metrics, and ends with its answer ([simulator](simulator.md)).
With data, the live page of \`darkroom up\` asks some of the same questions by the same queries:

![The live page: two candidates side by side, whose Redis is killed](live-page.png)

Where there is a Grafana whose Prometheus watches a run,
\`DARKROOM_GRAFANA_URL=http://admin:admin@127.0.0.1:3000 DARKROOM_GRAFANA_PICTURES=/tmp npm run test:grafana\` imports all boards, asks every
query of every panel, shows each board in headless Chromium, and writes a picture of it. It fails on what Grafana refuses, on errors in
the console, and on panels with neither data nor a text. What makes a board easy to read is held by rules
(\`reading-rules.ts\` and \`query-rules.ts\` in \`tests/dashboards/lint/\`), with their limits in \`dashboards/board-limits.ts\` and \`board-units.ts\`:
[decision 40](decisions/0040-boards-that-can-be-read.md).

${sections.join('\n')}`;
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(generatedFiles())) {
    const file = join(folder, '..', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
