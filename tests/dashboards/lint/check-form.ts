import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
const form = join(import.meta.dirname, 'published-form.ts');
const options = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  module: 'nodenext',
  allowImportingTsExtensions: true,
  types: [],
};

/** What complaints are of that are of no board. */
export const ofCompiler = 'the compiler';

/**
 * What is wrong with the form of boards, by the types that Grafana publishes: an unknown field, a value that no enum has. The
 * compiler checks them, because Grafana's packages bring types: its schemas are in no package. It reads those types once for all
 * boards that it is given. A board that is as it should be has no complaints.
 */
export function complainOfForm(boards: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-boards-'));
  try {
    for (const [name, text] of Object.entries(boards))
      writeFileSync(
        join(folder, `${name}.mts`),
        `import type { PublishedDashboard } from ${JSON.stringify(form)}; void (${text.trim()} satisfies PublishedDashboard);\n`,
      );
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
    const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const complaints = byBoard(`${stdout}${stderr}`);
    if (status !== 0 && complaints.size === 0) complaints.set(ofCompiler, `it ended with ${status}`);
    return complaints;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A complaint begins with the name of its file; lines that belong to it are indented. */
function byBoard(told: string): Map<string, string> {
  const complaints = new Map<string, string>();
  let board = ofCompiler;
  for (const line of told.split('\n').filter((one) => one !== '')) {
    if (!line.startsWith(' ')) board = /^([^(]+)\.mts\(/.exec(line)?.[1] ?? ofCompiler;
    complaints.set(board, `${complaints.get(board) ?? ''}${line}\n`);
  }
  return complaints;
}
