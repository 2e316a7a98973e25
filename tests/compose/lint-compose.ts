import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import * as dclint from 'dclint';
import { parse, stringify } from 'yaml';

/** The schema of the compose specification, as dclint brings it. Its name for the draft is one that ajv does not know. */
function readSchema(): object {
  const folder = dirname(createRequire(import.meta.url).resolve('dclint/package.json'));
  const text = readFileSync(join(folder, 'schemas', 'compose.schema.json'), 'utf8');
  return { ...(JSON.parse(text) as object), $schema: 'http://json-schema.org/draft-07/schema#' };
}

/** What dclint asks for that does not fit here. All its other rules are held. */
const rulesThatAreOff = {
  // Quotes are the formatter's; what is linted is written anew, with anchors and merges resolved.
  'no-quotes-in-volumes': 0,
  'require-quotes-in-ports': 0,
  // Services and their keys stand in the order in which they depend on each other.
  'service-dependencies-alphabetical-order': 0,
  'service-keys-order': 0,
  'services-alphabetical-order': 0,
  'top-level-properties-order': 0,
} as const;

/**
 * What is used of dclint: its published types name files in a way that Node's resolution does not follow. Its way over files compiles
 * the schema of the specification for each file, which takes a quarter of a second, and is followed here before.
 */
type Linter = {
  lintContent(context: { path: string; content: unknown; sourceCode: string }): {
    rule: string;
    message: string;
  }[];
};
type Settings = { rules: object; quiet: boolean; debug: boolean; exclude: string[] };
const { DCLinter } = dclint as unknown as { DCLinter: new (settings: Settings) => Linter };

const followsSchema = new Ajv({ allErrors: true, strict: false }).compile(readSchema());
const linter = new DCLinter({ rules: rulesThatAreOff, quiet: false, debug: false, exclude: [] });

/** Where a compose file, its anchors and merges resolved, does not follow the compose specification or dclint's rules. */
export function lintCompose(file: unknown): string[] {
  if (!followsSchema(file))
    return (followsSchema.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message}: ${JSON.stringify(params)}`,
    );
  const sourceCode = stringify(file, { aliasDuplicateObjects: false });
  return linter
    .lintContent({ path: 'docker-compose.yml', content: parse(sourceCode), sourceCode })
    .map(({ rule, message }) => `${rule}: ${message}`);
}
