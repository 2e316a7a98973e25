import { writeFileSync } from 'node:fs';
import { configOf } from '../../app/candidates/format-candidate.ts';
import { CommandError } from '../errors.ts';
import { readNamed, requireFewDistinct } from '../experiment/named-candidates.ts';
import type { NamedCandidate } from '../experiment/named-candidates.ts';
import { openReads } from '../recordings/read-recording.ts';
import type { OpenOptions } from '../recordings/read-recording.ts';
import { describeLate } from '../recordings/late-requests.ts';
import type { ReadsSource } from '../recordings/recording.ts';
import { curvePoliciesIn } from '../simulator/curve-policies.ts';
import { writeCurvesSvg } from '../simulator/curve-svg.ts';
import { describeKnee, drawCurves } from '../simulator/curve-text.ts';
import { measureCurves } from '../simulator/measure-curves.ts';
import type { CurveOptions, Curves } from '../simulator/measure-curves.ts';
import { curvesTable, simulatedTable } from '../simulator/simulated-table.ts';
import type { NamedSimulation } from '../simulator/simulated-table.ts';
import { simulateRecording } from '../simulator/simulate-recording.ts';
import type { SimulateOptions } from '../simulator/simulate-recording.ts';
import { progressToEnd } from './simulation-progress.ts';
import { createAttempts, requireShown } from './attempts.ts';
import { openForWriting } from './result-faces.ts';
import type { Terminal } from './terminal.ts';

/** What `darkroom simulate` was told. */
export type SimulateCommandOptions = OpenOptions & {
  readonly replicas?: number;
  readonly seed: number;
  readonly curve?: string;
  readonly lifetimes: 'candidate' | 'recorded';
  readonly overhead?: number;
  readonly threads?: number;
  readonly json?: string;
  readonly svg?: string;
};

/** Candidates of one call; each takes memory of its own. */
const candidatesMax = 200;
const usualReplicas = 2;
/** Without candidates and curves: what is asked first. */
const usualCurves = 'lru,sieve,s3-fifo,w-tinylfu';

type Simulated = {
  readonly source: ReadsSource;
  readonly options: SimulateOptions;
  readonly simulations: readonly NamedSimulation[];
  readonly curves: Curves | null;
};

/** Says what candidates would have hit of a recording, in virtual time; with `--curve`, by how much memory. */
export async function simulate(
  terminal: Terminal,
  file: string,
  texts: readonly string[],
  given: SimulateCommandOptions,
): Promise<void> {
  const policies = curvesAskedFor(texts, given);
  if (given.json !== undefined) openForWriting(given.json);
  if (given.svg !== undefined) openForWriting(given.svg, '--svg');
  const source = await openReads(file, { ...given, signal: terminal.signal });
  const replicas = given.replicas ?? source.meta.replicas ?? usualReplicas;
  const candidates = texts.map((text) => readNamed(text, replicas));
  requireFewDistinct(candidates, candidatesMax);
  const options: SimulateOptions = {
    replicas,
    seed: given.seed,
    signal: terminal.signal,
    lifetimes: given.lifetimes,
    ...(given.overhead !== undefined && { overheadBytes: given.overhead }),
    ...(given.threads !== undefined && { threads: given.threads }),
  };
  const simulations = await simulateAll(terminal, source, candidates, options);
  const curves = policies.length === 0 ? null : await measureAll(terminal, source, policies, options);
  const late = describeLate(source.late?.() ?? 0);
  if (late !== null) terminal.report(late);
  show(terminal, file, { source, options, simulations, curves }, given);
}

function curvesAskedFor(texts: readonly string[], { curve, svg }: SimulateCommandOptions) {
  if (curve !== undefined) return curvePoliciesIn(curve);
  if (texts.length === 0) return curvePoliciesIn(usualCurves);
  if (svg === undefined) return [];
  throw new CommandError('usage', '--svg is a picture of curves, and none is asked for.', {
    remedy: 'Name the policies: --curve lru,sieve',
  });
}

async function simulateAll(
  terminal: Terminal,
  source: ReadsSource,
  candidates: readonly NamedCandidate[],
  options: SimulateOptions,
): Promise<readonly NamedSimulation[]> {
  const { onProgress, finished } = progressToEnd(
    terminal,
    candidates.length === 1 ? '' : ` for ${candidates.length} candidates`,
  );
  const all = candidates.map(({ candidate }) => candidate);
  const simulated = await simulateRecording(source, all, { ...options, onProgress });
  finished();
  return simulated.map((one, index) => ({ name: candidates[index]?.label ?? '', simulated: one }));
}

async function measureAll(
  terminal: Terminal,
  source: ReadsSource,
  policies: CurveOptions['policies'],
  { seed, overheadBytes, threads, signal }: SimulateOptions,
): Promise<Curves> {
  const { onProgress, finished } = progressToEnd(terminal, ' for curves');
  const curves = await measureCurves(source, {
    policies,
    onProgress,
    ...(seed !== undefined && { seed }),
    ...(overheadBytes !== undefined && { overheadBytes }),
    ...(threads !== undefined && { threads }),
    ...(signal !== undefined && { signal }),
  });
  finished();
  return curves;
}

function show(
  terminal: Terminal,
  file: string,
  simulated: Simulated,
  { json, svg }: SimulateCommandOptions,
): void {
  const { simulations, curves } = simulated;
  const lines = [
    ...(simulations.length === 0 ? [] : [...simulatedTable(simulations), '']),
    ...(curves === null ? [] : curveLines(curves)),
  ];
  const text = `${lines.join('\n')}\n`;
  const attempts = createAttempts(terminal);
  if (json === '-') {
    terminal.progress(text);
    terminal.print(jsonOf(file, simulated));
  } else terminal.print(text);
  if (json !== undefined && json !== '-')
    attempts.attempt(`--json ${json}`, () => writeFileSync(json, jsonOf(file, simulated)));
  if (svg !== undefined && curves !== null)
    attempts.attempt(`--svg ${svg}`, () =>
      writeFileSync(svg, writeCurvesSvg(curves.curves, `Hit ratio by memory: ${file}`)),
    );
  requireShown(attempts);
}

const curveLines = ({ curves }: Curves): readonly string[] => [
  ...drawCurves(curves),
  '',
  ...curvesTable(curves),
  '',
  ...curves.map(describeKnee),
];

function jsonOf(file: string, { source, options, simulations, curves }: Simulated): string {
  const candidates = simulations.map(({ name, simulated: { candidate, ...figures } }) => ({
    name,
    config: configOf(candidate),
    ...figures,
  }));
  const { replicas, seed, lifetimes, overheadBytes = null } = options;
  const settings = { replicas, seed, lifetimes, overheadBytes };
  const result = { schemaVersion: 1, recording: { file, ...source.meta }, settings, candidates, curves };
  return `${JSON.stringify(result, null, 2)}\n`;
}
