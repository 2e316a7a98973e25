import { join } from 'node:path';
import { before, describe } from 'node:test';
import { pathToFileURL } from 'node:url';
import { beginFile } from './tell-cpu.ts';

/**
 * Runs the test files that it is given, by their paths from the working folder, one after the other in this process: a suite each. One is
 * loaded when the one before it is: what two of them load is then never awaited in the suite of the other.
 */
let loaded: Promise<unknown> = Promise.resolve();

for (const file of process.argv.slice(2))
  describe(file, async () => {
    before(() => beginFile(file));
    const loading = loaded.then(() => import(pathToFileURL(join(process.cwd(), file)).href));
    loaded = loading.catch(() => {});
    await loading;
  });
