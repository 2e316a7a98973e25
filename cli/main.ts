import { Command, Option } from 'commander';
import { boundedNumber, wholeNumber } from './commands/arguments.ts';
import type { LoadOptions } from './commands/load.ts';
import type { OutboxListOptions, OutboxReplayOptions } from './commands/outbox.ts';
import { runProgram } from './commands/run-program.ts';
import type { Terminal } from './commands/terminal.ts';
import type { SeedOptions } from './commands/seed-command.ts';
import type { TracesOptions } from './commands/trace.ts';
import type { UpOptions } from './commands/up.ts';
import { telemetryModes } from '../app/contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../app/contract/telemetry-modes.ts';
import { followerDistributions } from '../loadtests/workloads/population-size.ts';
import type { CompareOptions } from './experiment/plan-experiment.ts';

function followersOption(): Option {
  return new Option(
    '--followers <how>',
    'heavy: a few people have most of the followers; even: all about as many',
  )
    .choices(followerDistributions)
    .default('heavy');
}

/** Options of every command that puts load on the service. */
function withLoadOptions(command: Command, telemetry: TelemetryModeName): Command {
  return command
    .option('--people <n>', 'people in the seeded database', wholeNumber(20, 1_000_000))
    .option('--photos <n>', 'photos in the seeded database', wholeNumber(20, 10_000_000))
    .addOption(followersOption())
    .addOption(
      new Option('--telemetry <mode>', 'how much the service tells of itself, which costs')
        .choices(Object.keys(telemetryModes))
        .default(telemetry),
    )
    .option('--replicas <n>', 'processes of the service per candidate', wholeNumber(1, 16), 2)
    .option(
      '--seed <n>',
      'decides the population, the requests and the order of blocks',
      wholeNumber(0, 0xffffffff),
      1,
    );
}

function program(terminal: Terminal): Command {
  const root = new Command('darkroom')
    .description('Which cache configuration should this service run? Measured, side by side.')
    .version(terminal.version)
    .showHelpAfterError('Run with --help for the options.')
    .configureOutput({ writeOut: terminal.print, writeErr: terminal.progress })
    .exitOverride();

  addCompareCommand(root, terminal);
  withLoadOptions(root.command('up [candidates...]'), 'trace1')
    .description('start the servers and the service, print its addresses, and wait for Ctrl-C')
    .option('--rate <n>', 'requests per second to each candidate', boundedNumber(1, 5_000), 150)
    .option('--load <scenario>', 'put the load of a scenario on it (see: darkroom list scenarios)')
    .action(async (candidates: string[], options: UpOptions) =>
      (await import('./commands/up.ts')).up(terminal, candidates, options),
    );
  withLoadOptions(root.command('load <scenario>'), 'metrics')
    .description('put the load of one scenario on one candidate and print what it met')
    .option('--rate <n>', 'requests per second', boundedNumber(1, 5_000), 150)
    .option('--candidate <candidate>', 'the candidate under load', 'cache-aside')
    .option('--duration <seconds>', 'measured seconds', boundedNumber(1, 3_600), 15)
    .action(async (scenario: string, options: LoadOptions) =>
      (await import('./commands/load.ts')).load(terminal, scenario, options),
    );
  addTraceCommands(root, terminal);
  addOutboxCommands(root, terminal);
  root
    .command('doctor')
    .description('try what a comparison needs; say what failed, why, and what brings it')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) =>
      (await import('./commands/doctor.ts')).doctor(terminal, options),
    );
  root
    .command('list <what>')
    .description('list strategies, axes, figures or scenarios')
    .option('--json', 'as JSON')
    .action(async (what: string, options: { json?: boolean }) =>
      (await import('./commands/list.ts')).list(terminal, what, options),
    );
  root
    .command('seed')
    .description('migrate the database of DATABASE_URL, and fill it unless it has people')
    .option('--people <n>', 'people', wholeNumber(20, 1_000_000), 500)
    .option('--photos <n>', 'photos', wholeNumber(20, 10_000_000), 5_000)
    .addOption(followersOption())
    .option('--seed <n>', 'decides the population', wholeNumber(0, 0xffffffff), 1)
    .action(async (options: SeedOptions) =>
      (await import('./commands/seed-command.ts')).seed(terminal, options),
    );
  root
    .command('page <name>')
    .description('measure anew what a page of docs/systems/ tells, and write it: counters, gateway')
    .action(async (name: string) => (await import('./pages/write-page.ts')).writePage(terminal, name));
  root
    .command('clean')
    .description('list what Darkroom made outside the checkout, and .darkroom/, and remove it')
    .option('--yes', 'without asking')
    .action(async (options: { yes?: boolean }) =>
      (await import('./commands/clean.ts')).clean(terminal, options.yes ?? false),
    );
  return root;
}

/** The experiment. */
function addCompareCommand(root: Command, terminal: Terminal): void {
  withLoadOptions(root.command('compare [candidates...]'), 'metrics')
    .description('run one workload under several candidates and print the table')
    .option(
      '--rate <n>',
      'requests per second to each candidate (default: 150 per core, shared by all, at most 100 per replica)',
      boundedNumber(1, 5_000),
    )
    .option('--scenario <name>', 'what is asked (see: darkroom list scenarios)', 'feed-browsing')
    .option('--profile <name>', 'how long it measures: demo, quick, standard or thorough', 'demo')
    .addOption(
      new Option('--pacing <pacing>', 'measure all candidates together, or one after another in turns')
        .choices(['together', 'turns'])
        .default('together'),
    )
    .option(
      '--precision <pct>',
      'half-width of the intervals that is wanted: percent, or for a figure without ratios points or its unit',
      boundedNumber(0.0001, 100),
    )
    .option('--time-limit <seconds>', 'end after that, from the warm-up on', boundedNumber(10, 86_400))
    .option('--rounds <n>', 'so many rounds, however precise', wholeNumber(1, 400))
    .option('--parts <n>', 'starts of all processes that the rounds are spread over', wholeNumber(1, 20))
    .option('--measure <seconds>', 'length of a round; in turns, of a block', boundedNumber(1, 3_600))
    .option('--warm-up <seconds>', 'warm up for at least that long', boundedNumber(1, 3_600))
    .option(
      '--warm-up-requests <n>',
      'with so many for each replica, unless the machine is too busy for that',
      wholeNumber(1, 100_000),
    )
    .option('--baseline <candidate>', 'the candidate the others are compared with (default: no-cache)')
    .option(
      '--primary <figure>',
      'what the verdict rests on (see: darkroom list figures); request: the change of the same request',
      'request',
    )
    .option(
      '--beyond-limit',
      'in turns: the rate may be more than a candidate carries, and that it does not is a result',
    )
    .option('--keep-raw', 'keep every request in requests.csv.gz')
    .option('--json <file>', 'write the result as JSON; -: to stdout, and the table to stderr')
    .option('--watch', 'show it on the live page, by a Prometheus: takes its share of the machine')
    .option('--require-verdict', 'exit 11 when a verdict is inconclusive')
    .action(async (candidates: string[], options: CompareOptions) => {
      const { compare } = await import('./commands/compare.ts');
      return compare(terminal, candidates, options);
    });
}

/** Looking at single requests. */
function addTraceCommands(root: Command, terminal: Terminal): void {
  root
    .command('traces')
    .description('list the traces of a running darkroom up, and of the runs that are kept')
    .option('--newest', 'the newest first (default: the slowest)')
    .option('--name <text>', 'only those whose name has this text, such as a route')
    .option('--candidate <candidate>', 'only those of this candidate')
    .option('--limit <n>', 'how many', wholeNumber(1, 1_000), 20)
    .option('--json', 'as JSON')
    .action(async (options: TracesOptions) =>
      (await import('./commands/trace.ts')).traces(terminal, options),
    );
  root
    .command('trace <id>')
    .description('print one trace as a waterfall; the beginning of its id is enough')
    .option('--json', 'as JSON')
    .action(async (id: string, options: { json?: boolean }) =>
      (await import('./commands/trace.ts')).trace(terminal, id, options),
    );
}

/** Messages that were given up. */
function addOutboxCommands(root: Command, terminal: Terminal): void {
  const outbox = root.command('outbox').description('see and replay messages that consumers failed on');
  const withDatabase = (command: Command): Command =>
    command
      .option(
        '--database <url>',
        'whose outbox (default: of the "darkroom up" that runs, or of DATABASE_URL)',
      )
      .option('--candidate <candidate>', 'which one of the "darkroom up" that runs')
      .option('--json', 'as JSON');
  withDatabase(outbox.command('list'))
    .description('say how many messages wait, and list those that were given up')
    .option('--limit <n>', 'how many', wholeNumber(1, 10_000), 20)
    .action(async (options: OutboxListOptions) =>
      (await import('./commands/outbox.ts')).listOutbox(terminal, options),
    );
  withDatabase(outbox.command('replay [ids...]'))
    .description('give messages that were given up to their consumers once more')
    .option('--all', 'all of them')
    .action(async (ids: string[], options: OutboxReplayOptions) =>
      (await import('./commands/outbox.ts')).replayOutbox(terminal, ids, options),
    );
}

await runProgram(program);
