import { Visitor, parseSync } from 'oxc-parser';
import type { BindingPattern, PropertyKey } from 'oxc-parser';
import { isTest, isTypeScript } from './source-file.ts';
import type { SourceFile } from './source-file.ts';
import { serverTimeHomes, timeHomes } from './time-homes.ts';

const serverTime =
  /\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\s*\(\s*\)|\b(current_timestamp|current_time|current_date|localtimestamp)\b|redis\.p?call\(\s*['"]TIME['"]\s*\)/i;

/** What tells the machine's time, and its name for that. */
const tellers: ReadonlyMap<string, string> = new Map([
  ['Date', 'now'],
  ['performance', 'now'],
  ['process', 'hrtime'],
]);
/** Called, these read it, or make what reads it. */
const makers: ReadonlySet<string> = new Set(['Date', 'createSystemClock', 'createWallClock']);
const speaksOfTime = /\b(Date|performance|hrtime|createSystemClock|createWallClock)\b/;

/** Where a source reads the machine's time, and where a text in it makes a server read its own. */
type Readings = { readonly machine: readonly number[]; readonly server: readonly number[] };

function readingsOf({ path, text }: SourceFile): Readings {
  if (path.endsWith('.sql')) return { machine: [], server: placesIn(text.replaceAll(/--.*/g, ''), 0) };
  const machine: number[] = [];
  const server: number[] = [];
  // To parse a file takes longer than to see that it speaks of no time. A text may have its quotes behind strokes.
  if (!speaksOfTime.test(text) && !serverTime.test(text.replaceAll('\\', ''))) return { machine, server };
  new Visitor({
    NewExpression: ({ start, callee, arguments: given }) => {
      if (nameOf(callee) === 'Date' && given.length === 0) machine.push(start);
    },
    CallExpression: ({ start, callee }) => {
      if (callee.type === 'Identifier' && makers.has(callee.name)) machine.push(start);
    },
    MemberExpression: ({ start, object, property }) => {
      if (isTeller(object, property)) machine.push(start);
    },
    VariableDeclarator: ({ start, id, init }) => {
      if (init !== null && keysOf(id).some((key) => isTeller(init, key))) machine.push(start);
    },
    ImportSpecifier: ({ start, imported }) => {
      if (imported.type === 'Identifier' && imported.name === 'hrtime') machine.push(start);
    },
    Literal: ({ start, value }) => {
      if (typeof value === 'string') server.push(...placesIn(value, start));
    },
    TemplateElement: ({ start, value }) => server.push(...placesIn(value.cooked ?? value.raw, start)),
  }).visit(parseSync(path, text).program);
  return { machine, server };
}

/** The last name: `performance` of `globalThis.performance`, too. */
function nameOf(node: PropertyKey): string | null {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'MemberExpression') return nameOf(node.property);
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : null;
}

const isTeller = (object: PropertyKey, key: PropertyKey): boolean => {
  const name = tellers.get(nameOf(object) ?? '');
  return name !== undefined && name === nameOf(key);
};

/** What a pattern takes out of an object. */
const keysOf = (pattern: BindingPattern): PropertyKey[] =>
  pattern.type === 'ObjectPattern'
    ? pattern.properties.flatMap((one) => (one.type === 'Property' ? [one.key] : []))
    : [];

const placesIn = (text: string, start: number): number[] => (serverTime.test(text) ? [start] : []);

/**
 * What decides something takes its time from the clock of its world: only files that are listed with a reason read the machine's
 * time, make a clock that does, or make a server read its own. A file that is listed does so. Not looked at are what runs before there
 * is a world (the launcher), and what only measures (benches and tests).
 */
export function checkTime(files: readonly SourceFile[]): string[] {
  const known = files.filter(
    (file) =>
      /^(app|cli|dashboards|loadtests)\//.test(file.path) &&
      !isTest(file.path) &&
      (isTypeScript(file) || file.path.endsWith('.sql')),
  );
  const complaints = known.flatMap((file) => {
    const { machine, server } = readingsOf(file);
    return [
      ...judge(
        file,
        machine,
        timeHomes,
        'the time: take a clock, or say why not in tests/tidy/time-homes.ts',
      ),
      ...judge(
        file,
        server,
        serverTimeHomes,
        "a server's time: give it, or say why not in tests/tidy/time-homes.ts",
      ),
    ];
  });
  return [...complaints, ...missing(known)];
}

function judge(
  { path, text }: SourceFile,
  places: readonly number[],
  homes: Readonly<Record<string, string>>,
  what: string,
): string[] {
  const isListed = path in homes;
  if (isListed && places.length === 0)
    return [`${path} is listed in tests/tidy/time-homes.ts and reads no time`];
  if (isListed) return [];
  return places.map((place) => `${path}:${text.slice(0, place).split('\n').length} reads ${what}`);
}

/** Of the whole repository, which has the file in which clocks are made. */
function missing(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  if (!paths.has('app/clock.ts')) return [];
  return [...Object.keys(timeHomes), ...Object.keys(serverTimeHomes)]
    .filter((path) => !paths.has(path))
    .map((path) => `${path} is listed in tests/tidy/time-homes.ts and does not exist`);
}
