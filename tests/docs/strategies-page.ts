import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  candidateParameters,
  defaultCandidate,
  isOwnParameter,
} from '../../app/cache/candidates/candidate-parameters.ts';
import type { Candidate } from '../../app/cache/candidates/candidate.ts';
import { evictionPolicies } from '../../app/cache/eviction/index.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import type { StrategyDefinition } from '../../app/cache/strategy.ts';
import { wrapWords } from '../../cli/report/text-columns.ts';
import { countCosts } from './counted-costs.ts';
import { readDocComments } from './doc-comments.ts';
import { anomalySections, columns, costTable, markdownTable, overview } from './overview-tables.ts';
import { allowedOf, refusedBy, refusedByAll } from './tried-combinations.ts';
import type { AllowedAnomaly, Refusals } from './tried-combinations.ts';

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

/** Values as they are written on the command line. */
function written(values: Partial<Candidate>): string[] {
  return Object.entries(candidateParameters).flatMap(([name, { field, format }]) => {
    const value = values[field];
    return value === undefined ? [] : [`${name}=${format(value)}`];
  });
}

function parameterRow(name: string): string[] {
  const { field, meaning, takes, format } = candidateParameters[name] as (typeof candidateParameters)[string];
  return [code(name), meaning, takes.replaceAll(' | ', ', '), format(defaultCandidate[field])];
}

const ownersOf = (parameter: string): string[] =>
  definitions.filter(({ parameters }) => parameters.some((own) => own === parameter)).map(({ name }) => name);

function parameterTables(): string[] {
  const names = Object.keys(candidateParameters);
  const shared = names.filter((name) => !isOwnParameter(name)).map(parameterRow);
  const own = names
    .filter((name) => isOwnParameter(name) && ownersOf(name).length > 0)
    .map((name) => [...parameterRow(name), ownersOf(name).join(', ')]);
  return [
    'Of every strategy with tiers:',
    markdownTable(['parameter', 'meaning', 'values', 'default'], shared),
    'Of some strategies only:',
    markdownTable(['parameter', 'meaning', 'values', 'default', 'of'], own),
  ];
}

function refusals(refused: Refusals): string[] {
  return [...refused].map(([reason, what]) => listItem(`${listed(what.map(code), 'and')}: ${reason}`));
}

function allowedItem({ anomaly, isUsual, excludedBy }: AllowedAnomaly): string {
  const ways = excludedBy.map((pairs) => listed(pairs.map(code), 'together with'));
  const when = isUsual ? '' : ', with other parameters than the defaults';
  const unless = ways.length === 0 ? '' : `, unless ${listed(ways, 'or')}`;
  return listItem(`[${anomaly}](#${anomaly})${when}${unless}`);
}

/** All that there is to say of one strategy. */
function strategySection(definition: StrategyDefinition, comment: string): string {
  const { name, parameters, defaults } = definition;
  const facts: string[] = [];
  if (parameters.length > 0) {
    const own = parameters.map((parameter) => {
      const { field, meaning, format } = candidateParameters[
        parameter
      ] as (typeof candidateParameters)[string];
      return `${code(parameter)} (${meaning}; default ${format(defaultCandidate[field])})`;
    });
    facts.push(wrapped(`Parameters of its own: ${listed(own, 'and')}.`));
  }
  const different = written(defaults).map(code);
  if (different.length > 0) facts.push(wrapped(`Other defaults: ${different.join(', ')}.`));
  const allowed = allowedOf(name).map(allowedItem);
  facts.push(allowed.length === 0 ? 'Allows nothing.' : `Allows\n\n${allowed.join('\n')}`);
  const refused = refusals(refusedBy(name));
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
      'To **allow** an anomaly is to admit that a read may, in that way, return what a finished write has replaced. Tests show that each allowed one occurs and that no other does. The tables are of each strategy with its defaults.',
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
    'Combinations that no strategy takes, as far as it does not set one of them itself:',
    refusals(refusedByAll('cache-aside')).join('\n'),
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
