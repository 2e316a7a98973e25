import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { after, describe, test } from 'node:test';
import { collect, createRecordingFolder } from '../../tests/support/made-recordings.ts';
import { recordingFormats } from './formats/index.ts';
import { openReads, openRecording, openRequests } from './read-recording.ts';
import type { OpenOptions } from './read-recording.ts';
import { eventNames } from './recording.ts';

const folder = createRecordingFolder();
after(folder.remove);

function fileOf(name: string, content: string | Buffer): string {
  const file = folder.in(name);
  writeFileSync(file, content);
  return file;
}

/** `read photo 0 100` at 2 s: what is read of a file, one text an event. */
async function readTexts(file: string, options: OpenOptions = {}): Promise<string[]> {
  const source = await openReads(file, options);
  const texts: string[] = [];
  for await (const batch of source.batches())
    for (let row = 0; row < batch.length; row += 1) {
      const lifetime = batch.lifetimeMs[row] === 0 ? '' : ` for ${batch.lifetimeMs[row]} ms`;
      texts.push(
        `${batch.timeUs[row]} ${eventNames[batch.event[row] ?? 0] ?? ''} ${source.classes()[batch.class[row] ?? 0]} ` +
          `${batch.object[row]} ${batch.bytes[row]}${lifetime}`,
      );
    }
  return texts;
}

const refusalOf = async (file: string, options: OpenOptions = {}): Promise<string> =>
  readTexts(file, options).then(
    () => 'taken',
    (error: Error & { code?: string }) => {
      assert.equal(error.code, 'RECORDING_INVALID', error.message);
      return error.message;
    },
  );

describe('CSV', () => {
  test('is read by the names in its first line, whatever divides its fields', async () => {
    const expected = ['1000000 read object 0 10', '2500000 write object 1 20', '2500000 read object 0 10'];
    for (const [name, delimiter] of [
      ['comma.csv', ','],
      ['tab.tsv', '\t'],
      ['semicolon.csv', ';'],
    ] as const) {
      const lines = ['timestamp,obj_id,size,op', '1,7,10,get', '2.5,/a b,20,PUT', '2.5,7,10,read'];
      const file = fileOf(name, `${lines.join('\n').replaceAll(',', delimiter)}\n`);
      assert.deepEqual(await readTexts(file), expected, name);
    }
  });

  test('is read by --columns, with units, places and without a head', async () => {
    const file = fileOf('log.csv', '1500,photo,"a,b",0,30\r\n1501,user,"say ""b""",12,30\r\n');
    const columns = 'time=1:ms,class=2,key=3,bytes=5,lifetime=5:s';
    assert.deepEqual(await readTexts(file, { columns }), [
      '1500000 read photo 0 30 for 30000 ms',
      '1501000 read user 1 30 for 30000 ms',
    ]);
    const marked = fileOf('marked.csv', '\ufefftime,key\r\n3,x\r\n');
    assert.deepEqual(await readTexts(marked), ['3000000 read object 0 0']);
    const named = fileOf('named.csv', 'when,what\n3,x\n');
    assert.deepEqual(await readTexts(named, { columns: 'time=when:us,key=what' }), ['3 read object 0 0']);
    const fine = fileOf('fine.csv', 'when,what\n1764486000000000000,x\n');
    assert.deepEqual(await readTexts(fine, { columns: 'time=when:ns,key=what' }), [
      '1764486000000000 read object 0 0',
    ]);
  });

  test('is refused at its line, with what is expected', async () => {
    const cases: readonly [string, RegExp, OpenOptions?][] = [
      ['time,key\n1,a\nsoon,b\n', /line 3: its time is "soon"; a number, 0 or more, is expected/],
      ['time,key\n2,a\n1,b\n', /line 3: its time, 1000000 µs, is before the 2000000 µs/],
      ['time,key,size\n1,a,10\n1,b,0\n', /line 3: its size is 0; .*1 byte or more, is expected/],
      ['time,key,size\n1,a,10\n1,b\n', /line 3: it has no bytes, which is field 3; it has 2 fields/],
      ['time,key,op\n1,a,fly\n', /line 2: its event is "fly"; read, write or remove is expected/],
      ['when,what\n1,a\n', /line 1: no column is known to be the time\. It has: when, what/],
      ['time,key\n1,"a\n', /line 2: a quote is not closed/],
      ['time,key,size\n1,a,1e30\n', /line 2: its bytes is "1e30"; a number below 2\^53 is expected/],
      [
        'time,key\n1,a\n1700000000000,b\n',
        /line 3: its time, .* years after the beginning; is it in another unit/,
      ],
      [
        'time,key\n1,a\n',
        /line 1: it has no column "obj", which --columns names/,
        { columns: 'time=time,key=obj' },
      ],
      ['time,key\n1,a\n', /line 1: it has no column "9"/, { columns: 'time=1,key=9' }],
      ['', /it has no lines/],
      [`time,key\n1,${'a'.repeat(300_000)}`, /line 2: it is longer than 262144 characters/],
    ];
    for (const [text, expected, options] of cases)
      assert.match(await refusalOf(fileOf('bad.csv', text), { format: 'csv', ...options }), expected);
  });

  test('with a word for --columns that it does not take is a wrong command line', async () => {
    const file = fileOf('fine.csv', 'time,key\n1,a\n');
    await assert.rejects(readTexts(file, { columns: 'moment=1' }), /--columns does not take "moment=1"/);
  });

  test('is unpacked, and refused where what is packed is cut', async () => {
    const text = `time,key\n${Array.from({ length: 20_000 }, (_, row) => `${row},k${row % 997}`).join('\n')}\n`;
    const expected = await readTexts(fileOf('open.csv', text));
    assert.equal(expected.length, 20_000);
    for (const [name, packed] of [
      ['packed.csv.gz', gzipSync(text)],
      ['packed.csv.zst', zstdCompressSync(text)],
    ] as const) {
      assert.deepEqual(await readTexts(fileOf(name, packed)), expected, name);
      const half = fileOf(`half-${name}`, packed.subarray(0, packed.length / 2));
      assert.match(await refusalOf(half), /cannot be unpacked: it is cut or damaged/);
    }
  });
});

/** One record of oracleGeneral. */
function oracleRecord(seconds: number, object: bigint, bytes: number): Buffer {
  const record = Buffer.alloc(24);
  record.writeUInt32LE(seconds, 0);
  record.writeBigUInt64LE(object, 4);
  record.writeUInt32LE(bytes, 12);
  record.writeBigInt64LE(-1n, 16);
  return record;
}

describe('oracleGeneral', () => {
  test('is read, packed and unpacked, over the ends of what is read at once', async () => {
    const count = 30_000;
    const records = Array.from({ length: count }, (_, row) =>
      oracleRecord(row, 2n ** 64n - 1n - BigInt(row % 100), (row % 100) + 1),
    );
    const bytes = Buffer.concat(records);
    for (const [name, content] of [
      ['trace.oracleGeneral', bytes],
      ['trace.oracleGeneral.bin.zst', zstdCompressSync(bytes)],
    ] as const) {
      const texts = await readTexts(fileOf(name, content));
      assert.equal(texts.length, count);
      assert.equal(texts[0], '0 read object 0 1');
      assert.equal(texts[12_345], `${12_345e6} read object 45 46`);
    }
  });

  test('is refused at its record: cut, unsorted, and of size 0', async () => {
    const whole = [oracleRecord(1, 5n, 10), oracleRecord(2, 6n, 10)];
    const cut = fileOf('cut.oracleGeneral', Buffer.concat([...whole, Buffer.alloc(10)]));
    assert.match(await refusalOf(cut), /record 3: the file is cut: 10 bytes are left; records of 24 bytes/);
    const unsorted = fileOf('unsorted.oracleGeneral', Buffer.concat([...whole, oracleRecord(1, 5n, 10)]));
    assert.match(await refusalOf(unsorted), /record 3: its time, 1000000 µs, is before the 2000000 µs/);
    const empty = fileOf('zero.oracleGeneral', Buffer.concat([...whole, oracleRecord(3, 5n, 0)]));
    assert.match(await refusalOf(empty), /record 3: its size is 0/);
  });

  test('is replayed as pages of photos', async () => {
    const file = fileOf(
      'replayed.oracleGeneral',
      Buffer.concat([oracleRecord(1, 5n, 10), oracleRecord(2, 5n, 10)]),
    );
    const source = await openRequests(file);
    assert.deepEqual(await collect(source.requests()), [
      { timeUs: 1e6, operation: 'photoPage', subject: 5n, viewer: 0n, request: 0 },
      { timeUs: 2e6, operation: 'photoPage', subject: 5n, viewer: 0n, request: 1 },
    ]);
    assert.equal(source.isForeign, true);
  });
});

describe('an access log', () => {
  const nginxLine = (time: string, request: string, status = 200, bytes: number | '-' = 500) =>
    `203.0.113.9 - somebody [${time}] "${request}" ${status} ${bytes} "https://example.org/" "agent \\"x\\""`;

  test('of nginx is read: what may be kept, in the order of time, with methods as events', async () => {
    const lines = [
      nginxLine('10/Oct/2000:13:55:37 -0700', 'GET /photos/7?size=l HTTP/1.1'),
      nginxLine('10/Oct/2000:20:55:36 +0000', 'GET /photos/8 HTTP/2.0', 304, 0),
      nginxLine('10/Oct/2000:13:55:38 -0700', 'POST /photos/7?size=l HTTP/1.1', 201),
      nginxLine('10/Oct/2000:13:55:38 -0700', 'GET /photos/9 HTTP/1.1', 500),
      nginxLine('10/Oct/2000:13:55:38 -0700', 'OPTIONS /photos/9 HTTP/1.1'),
      nginxLine('10/Oct/2000:13:55:38 -0700', 'POST /login.php HTTP/1.1', 404),
      nginxLine('10/Oct/2000:13:55:38 -0700', '\\x16\\x03\\x01', 400),
      nginxLine('10/Oct/2000:13:55:39 -0700', 'DELETE /photos/8 HTTP/1.1', 204, '-'),
    ];
    const file = fileOf('access.log', `${lines.join('\n')}\n`);
    const at = Date.UTC(2000, 9, 10, 20, 55, 36) * 1000;
    assert.deepEqual(await readTexts(file), [
      `${at} read object 0 0`,
      `${at + 1e6} read object 1 500`,
      `${at + 2e6} write object 1 0`,
      `${at + 3e6} remove object 0 0`,
    ]);
    assert.equal((await openRecording(file)).format.name, 'nginx');
  });

  test('of Envoy is read by the time at which requests began, hosts apart', async () => {
    const line = (time: string, host: string) =>
      `[2016-04-15T20:17:${time}Z] "GET /api/v1 HTTP/2" 200 - 154 77 226 100 "10.0.35.28" "agent" "id" "${host}" "tcp://10.0.2.1:80"`;
    const file = fileOf(
      'envoy.log',
      [line('00.310', 'a'), line('00.100', 'b'), line('01.000', 'a')].join('\n'),
    );
    const at = Date.UTC(2016, 3, 15, 20, 17) * 1000;
    assert.deepEqual(await readTexts(file), [
      `${at + 100_000} read object 0 77`,
      `${at + 310_000} read object 1 77`,
      `${at + 1e6} read object 1 77`,
    ]);
    assert.equal((await openRecording(file)).format.name, 'envoy');
  });

  test('of Envoy may have quotes in what an agent calls itself, and what it adds at the end', async () => {
    const line = (agent: string) =>
      `[2016-04-15T20:17:00.310Z] "GET /api/v1 HTTP/2" 200 - 154 77 226 100 "10.0.35.28" ${agent} "id" "host" "tcp://10.0.2.1:80"`;
    const lines = [line('"agent"'), line('"an "odd" one" "'), `${line('""')} "added"`];
    const texts = await readTexts(fileOf('quotes.log', lines.join('\n')));
    assert.equal(new Set(texts).size, 1);
    assert.equal(texts.length, 3);
  });

  test('of Envoy leaves requests out that took minutes, and counts them', async () => {
    const line = (minute: number, path: string) =>
      `[2016-04-15T20:${minute}:00.000Z] "GET ${path} HTTP/2" 200 - 154 77 226 100 "10.0.35.28" "agent" "id" "host" "tcp://10.0.2.1:80"\n`;
    const [before, after] = [line(12, '/a').repeat(1_000), line(20, '/b').repeat(1_000)];
    const file = fileOf('long.log', `${before}${after}${line(11, '/long')}${line(20, '/c')}`);
    const source = await openReads(file);
    for (let pass = 0; pass < 2; pass += 1) {
      const batches = await collect(source.batches());
      assert.equal(
        batches.reduce((sum, { length }) => sum + length, 0),
        2_001,
      );
      assert.equal(source.late?.(), 1);
    }
    const requests = await openRequests(file);
    assert.equal((await collect(requests.requests())).length, 2_001);
    assert.equal(requests.late?.(), 1);
  });

  test('with a line of another kind, or more than a minute out of order, is refused at that line', async () => {
    const odd = fileOf('odd.log', `${nginxLine('10/Oct/2000:13:55:37 -0700', 'GET / HTTP/1.1')}\nnothing\n`);
    assert.match(await refusalOf(odd), /line 2: it is no line of an access log of nginx; expected is: 203/);
    const early = Array.from({ length: 3 }, (_, minute) =>
      nginxLine(`10/Oct/2000:13:${String(58 - minute).padStart(2, '0')}:00 -0700`, 'GET / HTTP/1.1'),
    );
    // Pieces of a file come one after the other; what is late is late to the pieces before it.
    const filler = `${early[0]}\n`.repeat(1_000);
    const late = fileOf(
      'late.log',
      filler +
        `${nginxLine('10/Oct/2000:14:10:00 -0700', 'GET / HTTP/1.1')}\n`.repeat(1_000) +
        `${early[1]}\n`,
    );
    assert.match(await refusalOf(late), /line 2001: its time, .* is before the/);
  });
});

describe('the output of MONITOR', () => {
  test('is read: commands as events, each key by itself, fills left out', async () => {
    const lines = [
      'OK',
      '1339518083.107412 [0 127.0.0.1:60866] "GET" "photo:7"',
      '1339518083.107500 [0 127.0.0.1:60866] "set" "photo:7" "\\x00\\"b" "EX" "10"',
      '1339518083.107600 [0 127.0.0.1:60867] "set" "photo:7" "\\x00\\"b" "px" "1500"',
      '1339518083.107700 [0 [::1]:60867] "mget" "photo:7" "user:1"',
      '1339518083.107800 [1 127.0.0.1:60867] "get" "photo:7"',
      '1339518083.107900 [0 lua] "del" "photo:7" "plain"',
      '1339518083.108000 [0 127.0.0.1:60866] "set" "photo:7" "abc"',
      '1339518084.000000 [0 127.0.0.1:60867] "ping"',
    ];
    const at = 1_339_518_083_000_000;
    const file = fileOf('monitor.txt', lines.join('\n'));
    assert.deepEqual(await readTexts(file), [
      `${at + 107_412} read photo 0 3 for 10000 ms`,
      `${at + 107_600} write photo 0 3 for 1500 ms`,
      `${at + 107_700} read photo 0 0`,
      `${at + 107_700} read user 1 0`,
      `${at + 107_800} read photo 2 0`,
      `${at + 107_900} remove photo 0 0`,
      `${at + 107_900} remove object 3 0`,
      `${at + 108_000} write photo 0 3`,
    ]);
    assert.equal((await openRecording(file)).format.name, 'redis-monitor');
  });

  test('may store megabytes, and says how large they are', async () => {
    const set = (bytes: number) =>
      `1339518083.107412 [0 127.0.0.1:1] "set" "photo:7" "${'\\x00'.repeat(bytes)}"\n`;
    const texts = await readTexts(fileOf('large-monitor.txt', set(10).concat(set(4_000_000))));
    assert.deepEqual(
      texts.map((text) => text.split(' ').at(-1)),
      ['10', '4000000'],
    );
    const endless = `${set(10)}1339518083.107412 [0 127.0.0.1:1] "set" "photo:7" "`;
    const file = fileOf('endless-monitor.txt', endless + 'x'.repeat(17_000_000));
    assert.match(await refusalOf(file), /line 2: it is longer than 16777216 characters/);
  });

  test('with a line of another kind is refused at that line', async () => {
    const file = fileOf(
      'bad-monitor.txt',
      '1339518083.107412 [0 127.0.0.1:1] "get" "a"\n1339518083.2 get a\n',
    );
    assert.match(await refusalOf(file), /line 2: "1339518083\.2 get a" is no line of MONITOR; expected is/);
  });
});

test('the same objects are the same each time that a file is read', async () => {
  const line = 'GET /a HTTP/1.1" 200 5';
  for (const [name, text] of [
    ['again.csv', 'time,key\n1,a\n2,b\n3,a\n'],
    [
      'again.log',
      `h - - [10/Oct/2000:13:55:37 +0000] "${line}\nh - - [10/Oct/2000:13:55:38 +0000] "${line}\n`,
    ],
    ['again.txt', '1.000000 [0 h:1] "get" "a:1"\n2.000000 [0 h:1] "get" "a:1"\n'],
  ] as const) {
    const source = await openReads(fileOf(name, text));
    const pass = async () => (await collect(source.batches())).map(({ object }) => [...object]);
    assert.deepEqual(await pass(), await pass(), name);
  }
});

test('every foreign format has its row in the docs, which says what is lost', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/recordings.md'), 'utf8');
  for (const { name } of recordingFormats.filter(({ isForeign }) => isForeign))
    assert.match(page, new RegExp(`^\\| \\x60${name}\\x60 \\|.+\\|.+\\|$`, 'm'), name);
});

test('bytes of any kind are refused, or read as what they may be, in every format, and never take the process down', async () => {
  let state = 12_345;
  const random = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
  const pieces = [
    '1,',
    '"',
    '\n',
    'time,key\n',
    '[',
    ' "GET /',
    '\\x',
    ' 200 ',
    '\u0000',
    'é',
    '-',
    '9e99',
    'PAR1',
    '.',
    ']',
  ];
  for (const { name: format } of recordingFormats)
    for (let attempt = 0; attempt < 25; attempt += 1) {
      const text = Array.from(
        { length: Math.floor(random() * 60) },
        () => pieces[Math.floor(random() * pieces.length)],
      );
      assert.notEqual(await refusalOf(fileOf('noise', text.join('')), { format }), '');
    }
});
