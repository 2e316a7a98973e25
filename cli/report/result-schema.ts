import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompareResultSchema } from './compare-result.ts';

/** Where the schema is kept for those who read results with other tools. */
export const schemaFile = join(
  import.meta.dirname,
  '..',
  '..',
  'docs',
  'schemas',
  'compare-result.schema.json',
);

/** The JSON schema of a result, as it is kept. */
export function schemaText(): string {
  return `${JSON.stringify(CompareResultSchema, null, 2)}\n`;
}

// `npm run schema` writes it anew.
if (import.meta.main) writeFileSync(schemaFile, schemaText());
