import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { browseAnew } from './browse-anew.ts';
import { composeCountersPage } from './counters-page.ts';
import { composeGatewayPage, publishedLoads } from './gateway-page.ts';
import type { LoadName } from './gateway-page.ts';
import { composeLayersPage } from './layers-page.ts';
import { findLimit } from './leader-limit.ts';
import { measureRestart } from './measure-restart.ts';
import { measurePrediction } from './measure-prediction.ts';
import { composePredictionPage } from './prediction-page.ts';
import { runCompare } from './run-compare.ts';
import { timeCountReads } from './time-count-reads.ts';
import { oneOf } from '../one-of.ts';
import { requestsMissing } from '../statistics/histograms.ts';
import { createStackContext, withWorkbench } from '../worlds/workbench.ts';
import type { Terminal } from '../commands/terminal.ts';

/** A page of documentation that is made of measurements: runs them, and composes it. */
type Page = (terminal: Terminal) => Promise<string>;

/** With coalesce=1h nothing is rolled up meanwhile: an accurate read sums it all (DC-10). */
const timedModes = ['row', 'eventual', 'accurate', 'accurate,coalesce=1h', 'raw-log'] as const;
const modes = ['best-effort', 'eventual', 'accurate', 'row-cas', 'raw-log'] as const;

const counters: Page = async (terminal) => {
  const { checkout } = terminal;
  const reads = await withWorkbench(terminal, (stack, mediaFolder) =>
    timeCountReads(
      stack,
      mediaFolder,
      timedModes.map((mode) => `no-cache:counter=${mode}`),
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

/**
 * Rounds of a comparison, each of some length, which together have the requests that a p99 over all rounds
 * needs.
 */
const roundsOfGateway = 5;
const measureSecondsMin = 8;
const requestsOfP99 = requestsMissing(0, 0.99);

const gateway: Page = async (terminal) => {
  const { checkout } = terminal;
  const context = createStackContext(terminal);
  const limit = await findLimit(context, checkout, leaderOnly);
  const runAt = (name: LoadName) => {
    const { ofLimit, isBeyondLimit } = publishedLoads[name];
    const rate = Math.max(1, Math.round((limit.notCarried ?? limit.carried) * ofLimit));
    const seconds = Math.max(measureSecondsMin, Math.ceil((1.05 * requestsOfP99) / (rate * roundsOfGateway)));
    return runCompare(context, checkout, [
      ...['--scenario', 'metadata-pages', '--pacing', 'turns', '--rate', String(rate)],
      ...['--rounds', String(roundsOfGateway), '--measure', String(seconds), '--warm-up', '8'],
      ...['--replicas', '1', '--telemetry', 'metrics'],
      ...(isBeyondLimit ? ['--beyond-limit'] : []),
      ...['--baseline', leaderOnly, leaderOnly, consistent],
    ]);
  };
  const moderate = await runAt('moderate');
  const near = await runAt('near');
  return composeGatewayPage({ limit, runs: { moderate, near, beyond: await runAt('beyond') } });
};

const layers: Page = async (terminal) => {
  const { restart, browsed } = await withWorkbench(terminal, async (stack, mediaFolder) => ({
    browsed: await browseAnew(stack, mediaFolder),
    restart: await measureRestart(stack, mediaFolder),
  }));
  const run = await runCompare(createStackContext(terminal), terminal.checkout, [
    // Shares and hit ratios are told here, which need neither many rounds nor code that is hot.
    ...['--scenario', 'photo-viewing', '--rounds', '8', '--warm-up-requests', '1000'],
    ...['--baseline', 'cache-aside'],
    ...['cache-aside', 'cache-aside:edge=on', 'cache-aside:edge=on,edge-stale=30s'],
  ]);
  return composeLayersPage({ run, restart, browsed });
};

const prediction: Page = async (terminal) =>
  composePredictionPage(await measurePrediction(createStackContext(terminal), terminal.checkout));

const pages: Readonly<Record<string, Page>> = { counters, gateway, layers, prediction };

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
