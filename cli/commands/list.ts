import { allowedBy } from '../../app/cache/candidates/allowed-anomalies.ts';
import type { Candidate } from '../../app/cache/candidates/candidate.ts';
import {
  candidateParameters,
  defaultCandidate,
  isOwnParameter,
} from '../../app/cache/candidates/candidate-parameters.ts';
import { parseCandidate } from '../../app/cache/candidates/parse-candidate.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import { columnsMax, wrapWords } from '../report/text-columns.ts';
import { oneOf } from '../one-of.ts';
import type { Terminal } from './terminal.ts';

/** Values of a candidate's fields as they are written on the command line, by parameter. */
function asWritten(values: Partial<Candidate>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(candidateParameters).flatMap(([name, { field, format }]) => {
      const value = values[field];
      return value === undefined ? [] : [[name, format(value)] as const];
    }),
  );
}

/** `allows` and `defaults` are those of the bare name; `parameters` are its own, beside those of all. */
function listStrategies() {
  return Object.values(strategies).map(({ name, summary, parameters, defaults }) => ({
    name,
    summary,
    allows: [...allowedBy(parseCandidate(name))],
    parameters: [...parameters],
    defaults: asWritten(defaults),
  }));
}

/** `of` names the strategies that know a parameter; null: all that have tiers. What nobody knows is not listed. */
function listParameters() {
  const defaults = asWritten(defaultCandidate);
  return Object.entries(candidateParameters)
    .map(([name, { takes, meaning }]) => {
      const of = isOwnParameter(name) ? ownersOf(name) : null;
      return { name, takes, meaning, default: defaults[name] ?? '', of };
    })
    .filter(({ of }) => of === null || of.length > 0);
}

function ownersOf(parameter: string): string[] {
  return Object.values(strategies)
    .filter(({ parameters }) => parameters.some((own) => own === parameter))
    .map(({ name }) => name);
}

function listScenarios() {
  return Object.entries(scenarios).map(([name, { file, mix, summary }]) => ({ name, file, mix, summary }));
}

type Item = { readonly name: string; readonly texts: readonly string[] };

/** Names on the left; beside each, its texts one below the other. */
function layOut(items: readonly Item[], indent = ''): string[] {
  const left = indent.length + Math.max(0, ...items.map(({ name }) => name.length)) + 2;
  return items.flatMap(({ name, texts }) =>
    texts
      .flatMap((text) => wrapWords(text, columnsMax - left))
      .map((line, index) => (index === 0 ? indent + name : '').padEnd(left) + line),
  );
}

function describeStrategies(): string[] {
  const items = listStrategies().map(({ name, summary, allows }) => ({
    name,
    texts: [summary, `allows ${allows.length === 0 ? 'nothing' : allows.join(', ')}`],
  }));
  return [
    ...layOut(items),
    '',
    'What may follow the name, as in cache-aside:ttl=5s,tiers=redis: darkroom list parameters',
    'Each strategy at length, and what it allows: docs/strategies.md',
  ];
}

function describeParameters(): string[] {
  const items = listParameters().map(({ name, meaning, takes, default: usual, of }) => ({
    name,
    texts: [meaning, `${takes}; default ${usual}`, ...(of === null ? [] : [`of ${of.join(', ')}`])],
    isShared: of === null,
  }));
  const shared = items.filter(({ isShared }) => isShared);
  const own = items.filter(({ isShared }) => !isShared);
  return [
    'Of every strategy with tiers, as in cache-aside:ttl=5s,tiers=redis',
    ...layOut(shared, '  '),
    '',
    'Of some strategies only',
    ...layOut(own, '  '),
    '',
    'Some strategies have other defaults, and refuse what makes no sense for them: docs/strategies.md',
  ];
}

function describeScenarios(): string[] {
  return layOut(listScenarios().map(({ name, summary, file }) => ({ name, texts: [summary, file] })));
}

/** What can be listed: for people, and as JSON. */
const lists = {
  strategies: {
    describe: describeStrategies,
    content: () => ({ strategies: listStrategies(), parameters: listParameters() }),
  },
  parameters: { describe: describeParameters, content: () => ({ parameters: listParameters() }) },
  scenarios: { describe: describeScenarios, content: () => ({ scenarios: listScenarios() }) },
} as const;

/** Prints what can be named on the command line. */
export function list(terminal: Terminal, what: string, { json = false }: { readonly json?: boolean }): void {
  const chosen = oneOf('list', what, Object.keys(lists) as (keyof typeof lists)[]);
  const { describe, content } = lists[chosen];
  terminal.print(json ? `${JSON.stringify(content(), null, 2)}\n` : `${describe().join('\n')}\n`);
}
