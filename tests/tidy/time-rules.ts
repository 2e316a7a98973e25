import { Visitor, parseSync } from 'oxc-parser';
import { isTest, isTypeScript } from './source-file.ts';
import type { SourceFile } from './source-file.ts';
import { serverTimeHomes, timeHomes } from './time-homes.ts';

const serverTime =
  /\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\s*\(\s*\)|\b(current_timestamp|current_time|current_date|localtimestamp)\b|redis\.call\('TIME'\)/i;

/** Where a source reads the machine's time, and where a text in it makes a server read its own. */
type Readings = { readonly machine: readonly number[]; readonly server: readonly number[] };

function readingsOf({ path, text }: SourceFile): Readings {
  if (path.endsWith('.sql')) return { machine: [], server: placesIn(text.replaceAll(/--.*/g, ''), 0) };
  const machine: number[] = [];
  const server: number[] = [];
  // To parse a file takes longer than to see that it speaks of no time. A text may have its quotes behind strokes.
  if (!/\b(Date|performance)\b/.test(text) && !serverTime.test(text.replaceAll('\\', '')))
    return { machine, server };
  new Visitor({
    NewExpression: ({ start, callee, arguments: given }) => {
      if (callee.type === 'Identifier' && callee.name === 'Date' && given.length === 0) machine.push(start);
    },
    MemberExpression: ({ start, object, property }) => {
      if (object.type !== 'Identifier' || property.type !== 'Identifier' || property.name !== 'now') return;
      if (object.name === 'Date' || object.name === 'performance') machine.push(start);
    },
    Literal: ({ start, value }) => {
      if (typeof value === 'string') server.push(...placesIn(value, start));
    },
    TemplateElement: ({ start, value }) => server.push(...placesIn(value.raw, start)),
  }).visit(parseSync(path, text).program);
  return { machine, server };
}

const placesIn = (text: string, start: number): number[] => (serverTime.test(text) ? [start] : []);

/**
 * What decides something takes its time from the clock of its world: only files that are listed with a reason read the machine's
 * time, or make a server read its own. A file that is listed does so.
 */
export function checkTime(files: readonly SourceFile[]): string[] {
  const known = files.filter(
    (file) =>
      /^(app|cli)\//.test(file.path) &&
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
