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

/**
 * What is wrong with the form of boards, by the types that Grafana publishes: an unknown field, a value that no enum has. The
 * compiler checks them, because Grafana's packages bring types: its schemas are in no package. A complaint names the board and
 * the line.
 */
export function complainOfForm(boards: Readonly<Record<string, string>>): string[] {
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
    if (status === 0) return [];
    return `${stdout}${stderr}tsc ended with ${status}`.split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
