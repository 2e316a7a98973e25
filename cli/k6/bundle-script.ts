import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { CommandError } from '../errors.ts';

/**
 * Makes one script of a TypeScript file below `folder` and of all that it imports: k6 goes three times along every import for each
 * virtual user. What k6 brings itself (`k6/...`) stays an import. A source map says where errors come from. Throws a CommandError where a
 * file cannot be read or is no TypeScript.
 */
export function bundleScript(folder: string, entry: string): string {
  try {
    const { outputFiles } = buildSync({
      absWorkingDir: folder,
      entryPoints: [entry],
      outfile: join(folder, 'script.js'),
      write: false,
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      target: 'es2022',
      external: ['k6', 'k6/*'],
      sourcemap: 'inline',
      sourcesContent: false,
      sourceRoot: pathToFileURL(join(folder, '/')).href,
      logLevel: 'silent',
    });
    return outputFiles[0]?.text ?? '';
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError('internal', `${entry} cannot be made a script for k6: ${why}`);
  }
}
