import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evictionPolicies } from '../../app/cache/eviction/index.ts';
import type { Anomaly } from '../../app/cache/settings/anomalies.ts';
import { isOwnParameter, ownAxes, parameterAxes, sharedAxes } from '../../app/cache/settings/cache-axes.ts';
import type { CacheSettings } from '../../app/cache/settings/cache-axes.ts';
import { allowedBy, ownersOf } from '../../app/cache/settings/chosen-strategy.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import type { StrategyDefinition } from '../../app/cache/strategy.ts';
import { writtenValues } from '../../app/contract/axis.ts';
import type { Axes, Axis } from '../../app/contract/axis.ts';
import { DarkroomError } from '../../app/errors.ts';
import { wrapWords } from '../../cli/report/text-columns.ts';
import { countCosts } from './counted-costs.ts';
import { readDocComments } from './doc-comments.ts';
import { parseSettings } from '../support/parse-settings.ts';
import { anomalySections, columns, costTable, markdownTable, overview } from './overview-tables.ts';

/** Where the page is kept. */
export const pageFile = join(import.meta.dirname, '..', '..', 'docs', 'strategies.md');

const definitions: readonly StrategyDefinition[] = Object.values(strategies);

const wrapped = (text: string): string =>
  text
    .split('\n\n')
    .map((paragraph) => wrapWords(paragraph, columns).join('\n'))
    .join('\n\n');
const listItem = (text: string): string =>
  wrapWords(`- ${text}`, columns)
    .map((line, index) => (index === 0 ? line : `  ${line}`))
    .join('\n');
const code = (text: string): string => `\`${text}\``;
const listed = (parts: readonly string[], last: string): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} ${last} ${parts.at(-1)}`;

function axisRow([name, { meaning, takes, fallback, format }]: [string, Axis]): string[] {
  return [code(name), meaning, takes.replaceAll(' | ', ', '), format(fallback)];
}

function parameterTables(): string[] {
  const shared = Object.entries(sharedAxes).map(axisRow);
  const own = Object.entries(ownAxes).map(([name, axis]) => [
    ...axisRow([name, axis]),
    (isOwnParameter(name) ? ownersOf(name) : []).join(', '),
  ]);
  return [
    'Of every strategy with tiers:',
    markdownTable(['parameter', 'meaning', 'values', 'default'], shared),
    'Of some strategies only:',
    markdownTable(['parameter', 'meaning', 'values', 'default', 'of'], own),
  ];
}

/** One choice other than a strategy's default, as `parameter=value`: what the candidate then allows, or why the strategy refuses it. */
type Alternative = {
  readonly pair: string;
  readonly allowed: readonly Anomaly[] | null;
  readonly reason: string;
};

/** Of each parameter that is a choice, the others that there are. What no strategy takes alone is left out. */
function alternativesOf({ name, usesTiers, refuses }: StrategyDefinition): Alternative[] {
  if (!usesTiers) return [];
  const usual = parseSettings(name);
  const written = writtenValues(parameterAxes, usual);
  const axes: Axes = parameterAxes;
  return Object.entries(axes).flatMap(([parameter, { field, choices = [], format }]) =>
    choices.flatMap((value): Alternative[] => {
      if (format(value) === written[parameter]) return [];
      const pair = `${parameter}=${format(value)}`;
      const reason = refuses({ ...usual, [field]: value });
      if (reason !== null) return [{ pair, allowed: null, reason }];
      const candidate = candidateOrNull(`${name}:${pair}`);
      return candidate === null ? [] : [{ pair, allowed: allowedBy(candidate), reason: '' }];
    }),
  );
}

function candidateOrNull(text: string): CacheSettings | null {
  try {
    return parseSettings(text);
  } catch (error) {
    if (error instanceof DarkroomError) return null;
    throw error;
  }
}

/** What the strategy allows with its defaults, and what one other choice takes away from that or adds to it. */
function allowedItems({ name, allows }: StrategyDefinition, others: readonly Alternative[]): string[] {
  const usual = allowedBy(parseSettings(name));
  const choices = (isWanted: (allowed: readonly Anomaly[]) => boolean): string =>
    listed(
      others.filter(({ allowed }) => allowed !== null && isWanted(allowed)).map(({ pair }) => code(pair)),
      'or',
    );
  return allows.flatMap((anomaly) => {
    const link = `[${anomaly}](#${anomaly})`;
    if (usual.includes(anomaly)) {
      const without = choices((allowed) => !allowed.includes(anomaly));
      return [listItem(without === '' ? link : `${link}, unless ${without}`)];
    }
    const within = choices((allowed) => allowed.includes(anomaly));
    return within === '' ? [] : [listItem(`${link}, with ${within}`)];
  });
}

function refusedItems(others: readonly Alternative[]): string[] {
  const refused = others.filter(({ allowed }) => allowed === null);
  return [...Map.groupBy(refused, ({ reason }) => reason)].map(([reason, own]) =>
    listItem(
      `${listed(
        own.map(({ pair }) => code(pair)),
        'and',
      )}: ${reason}`,
    ),
  );
}

/** All that there is to say of one strategy. */
function strategySection(definition: StrategyDefinition, comment: string): string {
  const { name, parameters, defaults } = definition;
  const facts: string[] = [];
  if (parameters.length > 0) {
    const own = parameters.map((parameter) => {
      const { meaning, fallback, format } = ownAxes[parameter];
      return `${code(parameter)} (${meaning}; default ${format(fallback)})`;
    });
    facts.push(wrapped(`Parameters of its own: ${listed(own, 'and')}.`));
  }
  const different = Object.entries(writtenValues(parameterAxes, defaults)).map(([key, value]) =>
    code(`${key}=${value}`),
  );
  if (different.length > 0) facts.push(wrapped(`Other defaults: ${different.join(', ')}.`));
  const others = alternativesOf(definition);
  const allowed = allowedItems(definition, others);
  facts.push(allowed.length === 0 ? 'Allows nothing.' : `Allows\n\n${allowed.join('\n')}`);
  const refused = refusedItems(others);
  if (refused.length > 0) facts.push(`Refuses\n\n${refused.join('\n')}`);
  return [`### ${name}`, wrapped(comment), ...facts].join('\n\n');
}

function evictionSections(): string[] {
  const comments = readDocComments('eviction');
  return Object.keys(evictionPolicies).map((name) => wrapped(comments.get(name) ?? ''));
}

/** The page, from what the sources say and do. */
export async function composePage(): Promise<string> {
  const costs = new Map<string, Awaited<ReturnType<typeof countCosts>>>();
  for (const { name } of definitions) costs.set(name, await countCosts(name));
  const comments = readDocComments('strategies');
  const sections = [
    '<!-- Written by `npm run docs` from app/cache/. Change the sources, not this file. -->',
    '# Strategies',
    wrapped(
      'A candidate is a strategy with parameters: `cache-aside`, or `stale-while-revalidate:ttl=5s,stale=10s`. This page says what there is to choose from. How the choices do under your load, `./darkroom compare` measures.',
    ),
    wrapped(
      'To **allow** an anomaly is to admit that a read may, in that way, return what a finished write has replaced. Tests show that each allowed one occurs and that no other does. The tables are of each strategy with its defaults; below them stands what one other choice of a parameter changes.',
    ),
    '## At a glance',
    wrapped(`What a strategy protects from is said in comparison with \`cache-aside\`, the textbook one.`),
    overview(costs),
    '## What they cost, counted',
    wrapped(
      'Two replicas that share a Redis, with each strategy at its defaults and every load, Redis operation and answer counted. The first column: ten readers in each replica ask for one key that nobody has. The last three: ten readers at once ask one replica for a warm key, again and again until its TTL has ended three times; the worst moment counts. What Redis pushes and what PostgreSQL streams is not counted.',
    ),
    costTable(costs),
    '## What they may allow',
    ...anomalySections(),
    '## Parameters',
    ...parameterTables(),
    wrapped(
      'A parameter of a tier that the candidate does not have is refused, and so is a mechanism that needs a part which is not there; the refusal says which.',
    ),
    '## Eviction policies',
    wrapped('`eviction=` takes one of these for the memory tier.'),
    ...evictionSections(),
    '## The strategies, one by one',
    ...definitions.map((definition) => strategySection(definition, comments.get(definition.name) ?? '')),
  ];
  return `${sections.join('\n\n')}\n`;
}

// `npm run docs` writes it anew.
if (import.meta.main) writeFileSync(pageFile, await composePage());
