import { parseArgs } from 'node:util';
import { createTerminal } from '../../cli/commands/terminal.ts';
import { CommandError, exitCodes } from '../../cli/errors.ts';
import { runCommand } from '../support/command-numbers.ts';
import { findTestVarnish, startEdgeUnderTest } from '../support/edge-under-test.ts';

/**
 * `npm run edge -- --origin http://127.0.0.1:8000 [--port 8001]`: an edge as the service has it, in front of any server of this machine,
 * until Ctrl-C. For suites that test HTTP caches and bring a server of their own.
 */
await runCommand(async () => {
  const { origin, port } = readOptions(process.argv.slice(2));
  const varnish = await findTestVarnish();
  if ('lacking' in varnish) {
    process.stderr.write(`${varnish.lacking}\n`);
    process.exitCode = exitCodes.cannotProvision;
    return;
  }
  const terminal = createTerminal(process);
  try {
    const edge = await startEdgeUnderTest(varnish.folder, [origin], { port });
    terminal.print(`${edge.address} asks ${origin}\n`);
    await new Promise<void>((resolve) => {
      terminal.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await edge.close();
  } finally {
    terminal.close();
  }
});

function readOptions(args: string[]): { readonly origin: string; readonly port: number } {
  const { origin = '', port } = parseTexts(args);
  const isThere = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?\/?$/.test(origin);
  if (isThere && /^\d{1,5}$/.test(port)) return { origin, port: Number(port) };
  throw new CommandError(
    'usage',
    'This takes --origin http://127.0.0.1:8000 and, where it matters, --port 8001.',
  );
}

function parseTexts(args: string[]) {
  try {
    const options = { origin: { type: 'string' }, port: { type: 'string', default: '0' } } as const;
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new CommandError('usage', 'This takes --origin and --port, and nothing else.', { cause: error });
  }
}
