import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { composeCountersPage } from './counters-page.ts';
import { composeGatewayPage, publishedLoads } from './gateway-page.ts';
import type { LoadName } from './gateway-page.ts';
import { findLimit } from './leader-limit.ts';
import { runCompare } from './run-compare.ts';
import { timeCountReads } from './time-count-reads.ts';
import { oneOf } from '../one-of.ts';
import { createStackContext, withWorkbench } from '../worlds/workbench.ts';
import type { Terminal } from '../commands/terminal.ts';

/** A page of documentation that is made of measurements: runs them, and composes it. */
type Page = (terminal: Terminal) => Promise<string>;

const modes = ['best-effort', 'eventual', 'accurate', 'row-cas', 'raw-log'] as const;

const counters: Page = async (terminal) => {
  const { checkout } = terminal;
  const reads = await withWorkbench(terminal, (stack, mediaFolder) =>
    timeCountReads(
      stack,
      mediaFolder,
      ['row', 'eventual', 'accurate', 'raw-log'].map((mode) => `no-cache:counter=${mode}`),
    ),
  );
  const args = [
    // Seven worlds share the machine: with more, the load would measure itself.
    ...['--scenario', 'counting', '--rate', '25', '--baseline', 'no-cache:counter=row'],
    ...modes.map((mode) => `no-cache:counter=${mode}`),
  ];
  const comparison = await runCompare(createStackContext(terminal), checkout, args);
  return composeCountersPage({ comparison, reads });
};

const consistent = 'no-cache:gateway=consistent,gateways=2';
const leaderOnly = 'no-cache:gateway=leader,gateways=2';

const gateway: Page = async (terminal) => {
  const { checkout } = terminal;
  const context = createStackContext(terminal);
  const limit = await findLimit(context, checkout, leaderOnly);
  const runAt = (name: LoadName) => {
    const { ofLimit, isBeyondLimit } = publishedLoads[name];
    const rate = Math.max(1, Math.round((limit.notCarried ?? limit.carried) * ofLimit));
    return runCompare(context, checkout, [
      ...['--scenario', 'metadata-pages', '--pacing', 'turns', '--rate', String(rate)],
      ...['--rounds', '3', '--measure', '8', '--warm-up', '8', '--replicas', '1', '--telemetry', 'metrics'],
      ...(isBeyondLimit ? ['--beyond-limit'] : []),
      ...['--baseline', leaderOnly, leaderOnly, consistent],
    ]);
  };
  const moderate = await runAt('moderate');
  const near = await runAt('near');
  return composeGatewayPage({ limit, runs: { moderate, near, beyond: await runAt('beyond') } });
};

const pages: Readonly<Record<string, Page>> = { counters, gateway };

/** Measures anew what a page of `docs/systems/` tells, and writes it. */
export async function writePage(terminal: Terminal, text: string): Promise<void> {
  const name = oneOf('page', text, Object.keys(pages));
  const page = await pages[name]?.(terminal);
  if (page === undefined) return;
  const file = join(terminal.checkout, 'docs', 'systems', `${name}.md`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, page);
  terminal.report(`The page is ${file}`);
}
