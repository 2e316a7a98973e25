import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe } from 'node:test';

/** Runs the test files that it is given, by their paths from the working folder, one after the other in this process: a suite each. */
const load = createRequire(import.meta.url);
for (const file of process.argv.slice(2)) describe(file, () => void load(join(process.cwd(), file)));
