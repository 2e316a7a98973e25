import fc from 'fast-check';
import { multipartForm } from '../support/multipart-form.ts';
import type { FormPart } from '../support/multipart-form.ts';
import type { Operation, Parameter, Schema } from './described-api.ts';
import { hostileText, hostileValue, nearlyValidValue, validValue } from './schema-values.ts';

/** A request as it is sent. `operation`: the one that it is for; null: it asks for what nothing describes. */
export type FuzzRequest = {
  readonly operation: Operation | null;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
};

type Kind = 'valid' | 'nearly' | 'hostile';
/** How many of ten parts of a request are what: the other parts are valid, so that the odd one is what decides. */
const weights: Readonly<Record<Kind, { readonly valid: number; readonly odd: number }>> = {
  valid: { valid: 10, odd: 0 },
  nearly: { valid: 6, odd: 4 },
  hostile: { valid: 5, odd: 5 },
};

/** A place in a list, as pages give them out. */
const cursor = fc
  .tuple(fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }), fc.integer({ min: 1, max: 60 }))
  .map(([seconds, id]) => Buffer.from(`${seconds}000000.${id}`).toString('base64url'));

function valueOf(schema: Schema, kind: Kind, isCursor = false): fc.Arbitrary<unknown> {
  const { valid, odd } = weights[kind];
  const odds = kind === 'hostile' ? hostileValue : nearlyValidValue(schema);
  return fc.oneof(
    { weight: valid, arbitrary: isCursor ? fc.oneof(cursor, validValue(schema)) : validValue(schema) },
    { weight: odd, arbitrary: odds },
  );
}

/** What their senders mean by headers whose schema is any text. */
const usualHeaders: Readonly<Record<string, readonly string[]>> = {
  'If-None-Match': ['*', '"x"', 'W/"x", "y"'],
  Range: ['bytes=0-1', 'bytes=-9', 'bytes=9999999-', 'bytes=0-1,3-4', 'lines=1-2'],
  'If-Range': ['"x"', 'W/"x"', 'Sat, 01 Jan 2000 00:00:00 GMT'],
  Accept: ['*/*', 'image/webp', 'image/webp;q=0, image/*', 'text/html', ';;'],
  'Idempotency-Key': ['"a key"', 'token', '"another', '""', '"x" "y"'],
};

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
/** Half of a surrogate pair has no encoding at all. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());
/** A client would resolve these before it sends them. */
const isSegment = (text: string): boolean => !/^\.{1,2}$/.test(text);
/** Node sends nothing else in a header. */
const isSendable = (text: string): boolean => /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text);

type Given = { readonly name: string; readonly in: Parameter['in']; readonly text: string };

function parameterOf({ name, in: place, required = false, schema }: Parameter, kind: Kind) {
  const value = valueOf(schema, kind, name === 'cursor').map((given): Given => ({
    name,
    in: place,
    text: asText(given),
  }));
  const usual = usualHeaders[name];
  if (place === 'header' && usual !== undefined) {
    const meant = fc.constantFrom(...usual).map((text): Given => ({ name, in: place, text }));
    return fc.option(fc.oneof({ weight: 3, arbitrary: meant }, { weight: 1, arbitrary: value }), {
      nil: null,
      freq: 2,
    });
  }
  if (place === 'path') return value.filter(({ text }) => isSegment(text));
  return fc.option(value, { nil: null, freq: required ? 20 : 2 });
}

type Body = { readonly type: string | null; readonly bytes: Buffer } | null;

const wholeJson = (value: unknown): Body => ({
  type: 'application/json',
  bytes: Buffer.from(JSON.stringify(value) ?? ''),
});

const oddBody: fc.Arbitrary<Body> = fc.oneof(
  fc.constantFrom<Body>(
    null,
    { type: 'application/json', bytes: Buffer.alloc(0) },
    { type: 'application/json', bytes: Buffer.from('{') },
    { type: 'application/json', bytes: Buffer.from('['.repeat(5_000)) },
    { type: 'application/json', bytes: Buffer.from(`{"a":${'['.repeat(17)}${']'.repeat(17)}}`) },
    { type: 'application/json', bytes: Buffer.from('{"__proto__":{"a":1}}') },
    { type: 'application/json', bytes: Buffer.from([0x22, 0xff, 0x22]) },
    { type: 'application/json; charset=utf-16', bytes: Buffer.from('{}', 'utf16le') },
    { type: 'application/json', bytes: Buffer.from(JSON.stringify('x'.repeat(70_000))) },
    { type: 'text/plain', bytes: Buffer.from('x') },
    { type: 'no type', bytes: Buffer.from('x') },
    { type: null, bytes: Buffer.from('x') },
    { type: 'multipart/form-data', bytes: Buffer.from('x') },
    { type: 'multipart/form-data; boundary=b', bytes: Buffer.from('--b\r\n\r\n') },
    { type: 'application/x-www-form-urlencoded', bytes: Buffer.from('a=1&a=2') },
  ),
  fc.tuple(hostileText, hostileValue).map(([type, value]) => ({
    type: isSendable(type) ? type : 'application/json',
    bytes: Buffer.from(asText(value)),
  })),
);

function formOf(schema: Schema, kind: Kind, jpeg: Buffer): fc.Arbitrary<Body> {
  const parts = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const isRequired = schema.required?.includes(name) === true;
    const file = fc.oneof(
      { weight: 4, arbitrary: fc.constant(jpeg) },
      {
        weight: kind === 'valid' ? 0 : 4,
        arbitrary: fc.nat(jpeg.length).map((end) => jpeg.subarray(0, end)),
      },
      { weight: kind === 'valid' ? 0 : 2, arbitrary: fc.uint8Array({ maxLength: 64 }).map(Buffer.from) },
    );
    const part =
      property.format === 'binary'
        ? file.map((value): FormPart => ({ name, value, fileName: 'photo.jpg' }))
        : valueOf(property, kind).map((value): FormPart => ({ name, value: asText(value) }));
    return fc.option(part, { nil: null, freq: isRequired ? 12 : 2 });
  });
  return fc.tuple(...parts).map((given) => {
    const { headers, body } = multipartForm(given.filter((part) => part !== null));
    return { type: headers['content-type'] ?? null, bytes: body };
  });
}

function bodyOf({ bodies, method }: Operation, kind: Kind, jpeg: Buffer): fc.Arbitrary<Body> {
  const described = Object.entries(bodies).map(([type, { schema = {} }]) =>
    type === 'multipart/form-data' ? formOf(schema, kind, jpeg) : valueOf(schema, kind).map(wholeJson),
  );
  const none = fc.constant(null);
  const odd = method === 'GET' || kind !== 'hostile' ? none : oddBody;
  if (described.length === 0) return odd;
  const { valid } = weights[kind];
  return fc.oneof(...described.map((arbitrary) => ({ weight: valid, arbitrary })), {
    weight: kind === 'valid' ? 0 : 2,
    arbitrary: odd,
  });
}

function join(operation: Operation, given: readonly Given[], body: Body, isSelf: boolean): FuzzRequest {
  const inPath = new Map(given.filter((one) => one.in === 'path').map(({ name, text }) => [name, text]));
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encode(inPath.get(name) ?? ''));
  const query = given
    .filter((one) => one.in === 'query')
    .map(({ name, text }) => `${encode(name)}=${encode(text)}`)
    .join('&');
  // Half of what is asked about a person is asked by that person: else most requests would end there.
  const self = isSelf ? inPath.get('userId') : undefined;
  const inHead = given
    .filter((one) => one.in === 'header')
    .map(({ name, text }) => [name, name === 'Darkroom-Viewer' ? (self ?? text) : text] as const);
  const cookies = given
    .filter((one) => one.in === 'cookie')
    .map(({ name, text }) => `${name}=${encode(text)}`);
  const headers = [
    ...inHead,
    ...(body === null || body.type === null ? [] : [['content-type', body.type] as const]),
    ...(cookies.length === 0 ? [] : [['cookie', cookies.join('; ')] as const]),
  ];
  return {
    operation,
    method: operation.method,
    url: query === '' ? path : `${path}?${query}`,
    headers: Object.fromEntries(headers.filter(([, text]) => isSendable(text))),
    body: body?.bytes ?? null,
  };
}

/** Requests for one operation: valid ones, nearly valid ones and hostile ones. */
function requestFor(operation: Operation, jpeg: Buffer): fc.Arbitrary<FuzzRequest> {
  const ofKind = (kind: Kind) =>
    fc
      .tuple(
        fc.tuple(...operation.parameters.map((parameter) => parameterOf(parameter, kind))),
        bodyOf(operation, kind, jpeg),
        fc.boolean(),
      )
      .map(([given, body, isSelf]) =>
        join(
          operation,
          given.filter((one) => one !== null),
          body,
          isSelf,
        ),
      );
  return fc.oneof(
    { weight: 4, arbitrary: ofKind('valid') },
    { weight: 3, arbitrary: ofKind('nearly') },
    { weight: 3, arbitrary: ofKind('hostile') },
  );
}

/** Paths that nothing describes, or that say something in another form; with any method. */
function requestElsewhere(paths: readonly string[]): fc.Arbitrary<FuzzRequest> {
  const ending = fc.constantFrom(
    '',
    '/',
    '//',
    '/..',
    '/%2e%2e',
    '/%00',
    '?',
    '?=&&=',
    '%',
    '/%zz',
    '/x',
    ';x=1',
  );
  const path = fc.oneof(
    fc.tuple(fc.constantFrom(...paths), ending).map(([known, end]) => known.replace(/\{\w+\}/g, '1') + end),
    hostileText.map((text) => `/${encode(text)}`),
    hostileText.map((text) => `/${text.replaceAll(/[^\x21-\x7e]/g, '')}`),
  );
  const method = fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND');
  return fc
    .tuple(path, method)
    .map(([url, given]) => ({ operation: null, method: given, url, headers: {}, body: null }));
}

/** The same requests for the same seed. */
export function makeRequests(
  operations: readonly Operation[],
  jpeg: Buffer,
  { count, seed }: { readonly count: number; readonly seed: number },
): readonly FuzzRequest[] {
  const arbitrary = fc.oneof(
    ...operations.map((operation) => ({ weight: 10, arbitrary: requestFor(operation, jpeg) })),
    { weight: 10, arbitrary: requestElsewhere(operations.map(({ path }) => path)) },
  );
  return fc.sample(arbitrary, { seed, numRuns: count });
}
