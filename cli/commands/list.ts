import { isOwnParameter, parameterAxes } from '../../app/cache/settings/cache-axes.ts';
import { allowedBy, ownersOf } from '../../app/cache/settings/chosen-strategy.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { writtenValues } from '../../app/contract/axis.ts';
import type { Axis } from '../../app/contract/axis.ts';
import type { SystemDefinition } from '../../app/contract/system.ts';
import { systems } from '../../app/systems.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import { figures } from '../figures/figure-list.ts';
import { columnsMax, wrapWords } from '../report/text-columns.ts';
import { oneOf } from '../one-of.ts';
import type { Terminal } from './terminal.ts';

/** `allows` and `defaults` are those of the bare name; `parameters` are its own, beside those of all. */
function listStrategies() {
  return Object.values(strategies).map(({ name, summary, parameters, defaults }) => ({
    name,
    summary,
    allows: [...allowedBy(parseCandidate(name).cache)],
    parameters: [...parameters],
    defaults: writtenValues(parameterAxes, defaults),
  }));
}

/** `of` names the strategies that know a parameter; null: all that have tiers, or no parameter of the cache. */
function describeAxis(name: string, { takes, meaning, fallback, format }: Axis) {
  const of = isOwnParameter(name) ? ownersOf(name) : null;
  return { name, takes, meaning, default: format(fallback), of };
}

function listParameters() {
  return Object.entries(parameterAxes).map(([name, axis]) => describeAxis(name, axis));
}

/** `matters` names the scenarios whose figures an axis can change. */
function listAxes() {
  const all: readonly SystemDefinition[] = Object.values(systems);
  return all.flatMap(({ name: system, axes }) =>
    Object.entries(axes).map(([name, axis]) => {
      const { matters } = axis;
      return { system, ...describeAxis(name, axis), matters: matters === 'all' ? matters : [...matters] };
    }),
  );
}

function listScenarios() {
  return Object.entries(scenarios).map(([name, { file, mix, summary }]) => ({ name, file, mix, summary }));
}

/** `system` is null for what the experiment measures of any. */
function listFigures() {
  return figures.map(({ name, meaning, unit, scale, better, table, system }) => ({
    name,
    meaning,
    unit,
    scale,
    better,
    table,
    system,
  }));
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
    'What may follow the name, as in cache-aside:ttl=5s,tiers=redis: darkroom list axes',
    'Each strategy at length, and what it allows: docs/strategies.md',
  ];
}

type ListedAxis = ReturnType<typeof listAxes>[number];

function asItem({ name, meaning, takes, default: usual, of, matters }: ListedAxis): Item {
  const restrictions = [
    ...(of === null ? [] : [`of ${of.join(', ')}`]),
    ...(matters === 'all' ? [] : [`matters to ${matters.join(', ')}`]),
  ];
  return { name, texts: [meaning, `${takes}; default ${usual}`, ...restrictions] };
}

/** Those that all strategies share before those of some; and in front of them the strategy itself. */
function describeCacheAxes(axes: readonly ListedAxis[]): string[] {
  const parameters = axes.filter(({ name }) => Object.hasOwn(parameterAxes, name));
  const leading = axes.filter((axis) => !parameters.includes(axis));
  return [
    ...layOut(leading.map(asItem), '  '),
    '',
    'Of every strategy with tiers, as in cache-aside:ttl=5s,tiers=redis',
    ...layOut(parameters.filter(({ of }) => of === null).map(asItem), '  '),
    '',
    'Of some strategies only',
    ...layOut(parameters.filter(({ of }) => of !== null).map(asItem), '  '),
    '',
    'Some strategies have other defaults, and refuse what makes no sense for them: docs/strategies.md',
  ];
}

function describeAxes(): string[] {
  const bySystem = Map.groupBy(listAxes(), ({ system }) => system);
  const sections = Object.values(systems).flatMap(({ name, summary }) => {
    const axes = bySystem.get(name) ?? [];
    const lines = name === systems.cache.name ? describeCacheAxes(axes) : layOut(axes.map(asItem), '  ');
    return [...layOut([{ name, texts: [summary] }]), ...lines, ''];
  });
  return [
    ...sections,
    'A candidate names what differs from the defaults, as in versioned:ttl=5s. Without a strategy, as',
    'in ttl=5s,tiers=redis, it is cache-aside.',
  ];
}

const comparedBy = {
  ratio: 'percent',
  points: 'percentage points',
  plain: 'differences in its unit',
} as const;

function describeFigures(): string[] {
  const bySystem = Map.groupBy(listFigures(), ({ system }) => system);
  return [
    ...[...bySystem].flatMap(([system, own]) => [
      system === null ? 'Of every experiment' : `Of the system ${system}`,
      ...layOut(
        own.map(({ name, meaning, unit, scale, better }) => ({
          name,
          texts: [meaning, `${unit}; compared in ${comparedBy[scale]}, ${better} is better`],
        })),
        '  ',
      ),
      '',
    ]),
    'Verdicts rest on request; on another one with compare --primary NAME.',
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
  axes: { describe: describeAxes, content: () => ({ axes: listAxes() }) },
  // What the axes were called before there were systems. Programs read its JSON by that name.
  parameters: {
    describe: describeAxes,
    content: () => ({ parameters: listParameters(), axes: listAxes() }),
  },
  figures: { describe: describeFigures, content: () => ({ figures: listFigures() }) },
  scenarios: { describe: describeScenarios, content: () => ({ scenarios: listScenarios() }) },
} as const;

/** Prints what can be named on the command line. */
export function list(terminal: Terminal, what: string, { json = false }: { readonly json?: boolean }): void {
  const chosen = oneOf('list', what, Object.keys(lists) as (keyof typeof lists)[]);
  const { describe, content } = lists[chosen];
  terminal.print(json ? `${JSON.stringify(content(), null, 2)}\n` : `${describe().join('\n')}\n`);
}
