import { Command, Option } from 'commander';
import { boundedNumber, wholeNumber } from './commands/arguments.ts';
import type { AdviseOptions } from './commands/advise.ts';
import type { LoadOptions } from './commands/load.ts';
import type { OutboxListOptions, OutboxReplayOptions } from './commands/outbox.ts';
import type { ReplayCommandOptions } from './commands/replay.ts';
import { runProgram } from './commands/run-program.ts';
import type { Terminal } from './commands/terminal.ts';
import type { SimulateCommandOptions } from './commands/simulate-command.ts';
import type { SeedOptions } from './commands/seed-command.ts';
import type { TraceInfoOptions } from './commands/trace-info.ts';
import type { TracesOptions } from './commands/trace.ts';
import type { UpOptions } from './commands/up.ts';
import { telemetryModes } from '../app/contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../app/contract/telemetry-modes.ts';
import { followerDistributions } from '../loadtests/workloads/population-size.ts';
import type { CompareOptions } from './experiment/plan-experiment.ts';

function followersOption(): Option {
  return new Option(
    '--followers <how>',
    'heavy: a few people have most of the followers; even: all about as many (default: heavy)',
  ).choices(followerDistributions);
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

/** Options of the commands whose requests can be recorded. */
function withRecordOptions(command: Command): Command {
  return command
    .option(
      '--record-max <mib>',
      'write down so much at most, in MiB; then the recording ends',
      boundedNumber(1, 1_048_576),
      256,
    )
    .addOption(
      new Option(
        '--identifiers <how>',
        'in the recording: hashed with a key that nobody keeps, or as they are',
      )
        .choices(['hashed', 'plain'])
        .default('hashed'),
    );
}

const recordOption = [
  '--record <file>',
  'record the requests, and the reads that they make (docs/recordings.md)',
] as const;

function program(terminal: Terminal): Command {
  const root = new Command('darkroom')
    .description('Which cache configuration should this service run? Measured, side by side.')
    .version(terminal.version)
    .showHelpAfterError('Run with --help for the options.')
    .configureOutput({ writeOut: terminal.print, writeErr: terminal.progress })
    .exitOverride();

  addCompareCommand(root, terminal);
  withRecordOptions(withLoadOptions(root.command('up [candidates...]'), 'trace1'))
    .description('start the servers and the service, print its addresses, and wait for Ctrl-C')
    .option('--rate <n>', 'requests per second to each candidate', boundedNumber(1, 5_000), 150)
    .option('--candidates <file>', 'candidates of a JSON file too')
    .option('--load <scenario>', 'put the load of a scenario on it (see: darkroom list scenarios)')
    .option(...recordOption)
    .action(async (candidates: string[], options: UpOptions) =>
      (await import('./commands/up.ts')).up(terminal, candidates, options),
    );
  addLoadCommands(root, terminal);
  addSimulateCommand(root, terminal);
  addReplayCommand(root, terminal);
  addAdviseCommand(root, terminal);
  addTraceInfoCommand(root, terminal);
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
    .description(
      'measure anew what a page of docs/systems/ tells, and write it: counters, gateway, layers, prediction',
    )
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

/** The load of a scenario, looked at or recorded. */
function addLoadCommands(root: Command, terminal: Terminal): void {
  const withOwnOptions = (command: Command): Command =>
    withRecordOptions(withLoadOptions(command, 'metrics'))
      .option('--rate <n>', 'requests per second', boundedNumber(1, 5_000), 150)
      .option('--candidate <candidate>', 'the candidate under load', 'cache-aside')
      .option('--duration <seconds>', 'measured seconds', boundedNumber(1, 3_600), 15);
  withOwnOptions(root.command('load <scenario>'))
    .description('put the load of one scenario on one candidate and print what it met')
    .option(...recordOption)
    .action(async (scenario: string, options: LoadOptions) =>
      (await import('./commands/load.ts')).load(terminal, scenario, options),
    );
  withOwnOptions(root.command('record <scenario>'))
    .description('the same, and record the requests and the reads of caches that they make')
    .option('--out <file>', 'where to (default: the scenario with .parquet)')
    .action(async (scenario: string, { out, ...options }: LoadOptions & { readonly out?: string }) => {
      const { load } = await import('./commands/load.ts');
      return load(terminal, scenario, { ...options, record: out ?? `${scenario}.parquet` });
    });
}

/** The experiment. */
function addCompareCommand(root: Command, terminal: Terminal): void {
  withRecordOptions(withLoadOptions(root.command('compare [candidates...]'), 'metrics'))
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
    .option(
      '--candidates <file>',
      'candidates of a JSON file too, such as those that treat classes differently',
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
    .option(...recordOption)
    .option('--json <file>', 'write the result as JSON; -: to stdout, and the table to stderr')
    .option('--watch', 'show it on the live page, by a Prometheus: takes its share of the machine')
    .option('--require-verdict', 'exit 11 when a verdict is inconclusive')
    .action(async (candidates: string[], options: CompareOptions & { candidates?: string }) => {
      const { compare } = await import('./commands/compare.ts');
      return compare(terminal, candidates, options);
    });
}

/** The experiment without a service. */
function addSimulateCommand(root: Command, terminal: Terminal): void {
  withRecordingOptions(root.command('simulate <recording> [candidates...]'))
    .description('say what candidates would have hit of a recording, and with --curve by how much memory')
    .option(
      '--curve <policies>',
      'hit ratio by memory of some policies: lru,sieve,s3-fifo (default: without candidates)',
    )
    .option('--replicas <n>', 'memories (default: as recorded, or 2)', wholeNumber(1, 64))
    .addOption(
      new Option('--lifetimes <whose>', 'of the candidate, or as recorded where the recording has some')
        .choices(['candidate', 'recorded'])
        .default('candidate'),
    )
    .option(
      '--overhead <bytes>',
      'what an entry takes beside its value (default: as in the service)',
      wholeNumber(0, 100_000),
    )
    .option('--seed <n>', 'decides the jitter of lifetimes', wholeNumber(0, 0xffffffff), 1)
    .option('--threads <n>', 'at least so many (default: as many as cores)', wholeNumber(0, 256))
    .option('--svg <file>', 'write the curves as a picture')
    .option('--json <file>', 'write the result as JSON; -: to stdout, and the table to stderr')
    .action(async (file: string, candidates: string[], options: SimulateCommandOptions) =>
      (await import('./commands/simulate-command.ts')).simulate(terminal, file, candidates, options),
    );
}

/** How many times as fast as it was recorded. */
const speedBounds = [0.001, 100_000] as const;

function speedOf(text: string): ReplayCommandOptions['speed'] {
  if (text === 'slo') return text;
  return boundedNumber(...speedBounds, ', or slo')(text);
}

/** The experiment with recorded requests. */
function addReplayCommand(root: Command, terminal: Terminal): void {
  withRecordingOptions(withLoadOptions(root.command('replay <recording> [candidates...]'), 'metrics'))
    .description(
      'send the requests of a recording to several candidates with their own timing, and print the table',
    )
    .option(
      '--speed <n>',
      'so many times as fast as it was recorded; slo: as fast as all candidates answer 99 % within 100 ms',
      speedOf,
      1,
    )
    .option('--time-limit <seconds>', 'replay so much of it at most', boundedNumber(5, 86_400), 300)
    .option('--measure <seconds>', 'length of a round', boundedNumber(1, 3_600))
    .option('--warm-up-requests <n>', 'of each replica, before caches are emptied', wholeNumber(1, 100_000))
    .option('--sample', 'replay the requests for as many of its objects as there are photos')
    .option('--baseline <candidate>', 'the candidate the others are compared with (default: no-cache)')
    .option('--primary <figure>', 'what the verdict rests on (see: darkroom list figures)', 'request')
    .option('--keep-raw', 'keep every request in requests.csv.gz')
    .option('--json <file>', 'write the result as JSON; -: to stdout, and the table to stderr')
    .option('--watch', 'show it on the live page, by a Prometheus: takes its share of the machine')
    .option('--require-verdict', 'exit 11 when a verdict is inconclusive')
    .action(async (file: string, candidates: string[], options: ReplayCommandOptions, command: Command) => {
      const { replay } = await import('./commands/replay.ts');
      await replay(terminal, file, candidates, withoutUsual(command, options));
    });
}

/** Which configuration a recording speaks for. */
function addAdviseCommand(root: Command, terminal: Terminal): void {
  withRecordingOptions(withLoadOptions(root.command('advise <recording>'), 'metrics'))
    .description(
      'simulate many configurations over a recording, replay the few that are worth it, and recommend one',
    )
    .option('--strategy <name>', 'what all of them have in common', 'versioned')
    .option('--speed <n>', 'so many times as fast as it was recorded', boundedNumber(...speedBounds), 1)
    .option('--time-limit <seconds>', 'replay so much of it at most', boundedNumber(5, 86_400), 300)
    .option('--measure <seconds>', 'length of a round', boundedNumber(1, 3_600))
    .option('--warm-up-requests <n>', 'of each replica, before caches are emptied', wholeNumber(1, 100_000))
    .option('--baseline <candidate>', 'what each of those that are run is compared with', 'no-cache')
    .option('--json <file>', 'write the advice, and the result of the replay, as JSON')
    .action(async (file: string, options: AdviseOptions, command: Command) => {
      const { advise } = await import('./commands/advise.ts');
      await advise(terminal, file, withoutUsual(command, options));
    });
}

/**
 * Leaves out the seed and the number of replicas unless the user gave them: a recording knows them better
 * than the defaults do.
 */
function withoutUsual<Options extends ReplayCommandOptions>(command: Command, options: Options) {
  const { seed, replicas, ...others } = options;
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  return {
    ...others,
    ...(seed !== undefined && isGiven('seed') && { seed }),
    ...(replicas !== undefined && isGiven('replicas') && { replicas }),
  };
}

/** How a recording of another origin is to be read. */
function withRecordingOptions(command: Command): Command {
  return command
    .option('--format <name>', 'format of the recording (default: as it looks)')
    .option('--columns <map>', 'which column of a CSV is what: time=ts:ms,key=obj,size=3')
    .option('--classes-max <n>', 'classes that it may have', wholeNumber(1, 65_535))
    .option('--objects-max <n>', 'objects that it may have, each of which takes memory', wholeNumber(1, 1e9));
}

/** Looking at what was recorded. */
function addTraceInfoCommand(root: Command, terminal: Terminal): void {
  withRecordingOptions(root.command('trace-info <recording>'))
    .description('say what is in a recording: reads, objects, bytes, skew, reuse, popularity over time')
    .option('--json', 'as JSON')
    .action(async (file: string, options: TraceInfoOptions) =>
      (await import('./commands/trace-info.ts')).traceInfo(terminal, file, options),
    );
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
