import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ruleFiles } from './rules/rule-files.ts';

/** Every generated file, by its path below `dashboards/generated/`. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(
      Object.entries(ruleFiles()).map(([name, text]) => [join('prometheus', name), text]),
    ),
  };
}

export const generatedFolder = join(import.meta.dirname, 'generated');

if (import.meta.main) {
  for (const [name, text] of Object.entries(generatedFiles())) {
    const file = join(generatedFolder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
