import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { createSystemClock } from '../app/clock.ts';
import { gatewayMetrics } from '../app/contract/gateway-metrics.ts';
import { headers } from '../app/contract/headers.ts';
import { runtimeMetrics } from '../app/contract/service-metrics.ts';
import { gatewayFigures } from '../app/gateway/figures.ts';
import { createStalenessWitness } from '../app/gateway/staleness-witness.ts';
import { createStorage } from '../app/storage/postgres.ts';
import { killProcess } from './support/kill-process.ts';
import { startServiceProcess } from './support/service-process.ts';
import type { ServiceProcess } from './support/service-process.ts';
import { createSeededDatabase } from './support/test-app.ts';
import { waitUntil } from './support/wait-until.ts';

const token = 'token of a test';
/** Who leads may stand still for most of it, as on a busy machine, before another one leads. */
const leaseMs = 3_000;
let database: { readonly url: string; drop(): Promise<void> };
let admin: pg.Client;
const started: ServiceProcess[] = [];

before(async () => {
  database = await createSeededDatabase();
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
});
after(async () => {
  await Promise.all(started.map((one) => one.stop()));
  await admin.end();
  await database.drop();
});

type Started = ServiceProcess & { readonly address: string; readonly metrics: string };

async function start(kind: string, own: Readonly<Record<string, string>> = {}): Promise<Started> {
  const child = startServiceProcess(
    {
      DARKROOM_CANDIDATE: 'no-cache:gateway=consistent,gateways=2,leaders=2,records=40',
      DARKROOM_TELEMETRY: 'metrics',
      DARKROOM_LOG_LEVEL: 'error',
      DARKROOM_LAB_MODE: '1',
      DARKROOM_LAB_TOKEN: token,
      DARKROOM_GATEWAY_TOKEN: token,
      DARKROOM_GATEWAY_LEASE_MS: String(leaseMs),
      DATABASE_URL: database.url,
      ...own,
    },
    `processes/${kind}.ts`,
  );
  started.push(child);
  const { http, metrics } = await child.listening;
  return { ...child, address: `http://127.0.0.1:${http}`, metrics: `http://127.0.0.1:${metrics}/metrics` };
}

type Asked = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: object };

async function ask(address: string, path: string, { method = 'GET', headers: given = {}, body }: Asked = {}) {
  const response = await fetch(`${address}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...given,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  return {
    status: response.status,
    headers: response.headers,
    json,
    version: Number(response.headers.get(headers.entryVersion)),
  };
}

type Answered = Awaited<ReturnType<typeof ask>>;

/** Asks again as long as it is refused for now: gateways refuse while their leader stands still. */
async function askSurely(address: string, path: string, asked: Asked = {}): Promise<Answered> {
  let answer: Answered | undefined;
  await waitUntil(async () => {
    answer = await ask(address, path, asked);
    return answer.status !== 503;
  });
  return answer ?? assert.fail('nothing was asked');
}

const put = async (address: string, id: number, note: string): Promise<number> => {
  const { status, json } = await askSurely(address, `/metadata/posts/${id}`, {
    method: 'PUT',
    body: { attributes: { note } },
  });
  assert.equal(status, 200, JSON.stringify(json));
  return Number(json['version']);
};

/** Sums a metric of a process over its series that have all of these labels; fails where there is none. */
async function metricOf({ metrics }: Started, name: string, ...labels: readonly string[]): Promise<number> {
  const text = await (await fetch(metrics)).text();
  const lines = text
    .split('\n')
    .filter(
      (line) =>
        line.startsWith(name) &&
        /[{ ]/.test(line.charAt(name.length)) &&
        labels.every((label) => line.includes(label)),
    );
  assert.ok(lines.length > 0, `${name} ${labels.join()} is not told`);
  return lines.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
}

const countOf = async (table: string): Promise<number> =>
  Number((await admin.query<{ count: string }>(`SELECT count(*) FROM ${table}`)).rows[0]?.count);

let leader: Started;
let standby: Started;
let gateways: readonly Started[];
const gateway = (at: number): Started => {
  const found = gateways[at % gateways.length];
  assert.ok(found !== undefined);
  return found;
};

test('gateways that start before any leader wait for it, and then answer', async () => {
  const starting = [start('gateway'), start('gateway')];
  leader = await start('leader');
  gateways = await Promise.all(starting);
  assert.equal((await fetch(`${leader.address}/health/live`)).status, 200);
  const { status, json, headers: given } = await askSurely(gateway(0).address, '/metadata/posts?limit=3');
  assert.equal(status, 200, JSON.stringify(json));
  const records = json['records'] as readonly Record<string, unknown>[];
  assert.deepEqual(
    records.map(({ id }) => id),
    [1, 2, 3],
  );
  assert.equal(json['nextCursor'], '3');
  assert.match(given.get('server-timing') ?? '', /^sync;dur=\d/);
  const bytes = JSON.stringify(records[0]).length;
  assert.ok(bytes > 2_000 && bytes < 3_200, `a record has ${bytes} bytes`);
  const last = await askSurely(gateway(1).address, '/metadata/posts?after=38&limit=5');
  assert.deepEqual([(last.json['records'] as unknown[]).length, last.json['nextCursor']], [2, null]);
});

test('TG-1: what was written through one gateway is read at once through another, and never an older version after a newer', async () => {
  let highest = 0;
  for (let trial = 0; trial < 60; trial += 1) {
    const written = await put(gateway(trial).address, 7, `trial ${trial}`);
    const { version } = await askSurely(gateway(trial + 1).address, '/metadata/posts/7');
    assert.ok(version >= written && version >= highest, `${version} after ${written}, ${highest} was seen`);
    highest = version;
  }
});

test('TG-1: without synchronisation and with a slow stream the same trial does find stale reads', async () => {
  const slow = await start('gateway', { DARKROOM_LAB_STREAM_DELAY_MS: '100' });
  await askSurely(slow.address, '/metadata/posts?limit=1');
  let written = 0;
  // A busy machine may take longer to ask than the stream to tell.
  await waitUntil(async () => {
    written = await put(gateway(0).address, 8, 'late');
    return (await ask(slow.address, '/metadata/posts/8?consistency=eventual')).version < written;
  });
  const synchronised = await askSurely(slow.address, '/metadata/posts/8');
  assert.equal(synchronised.version, written);
  await slow.stop();
});

test('TG-6: an eventual read does not wait and says how old it may be; beyond the limit it goes to the leader, and the reason says so', async () => {
  const strict = await start('gateway', {
    DARKROOM_CANDIDATE: 'no-cache:gateway=eventual,records=40,staleness-max=100ms',
    DARKROOM_LAB_STREAM_DELAY_MS: '300',
  });
  const answer = await ask(gateway(0).address, '/metadata/posts/9?consistency=eventual');
  assert.equal(answer.headers.get('server-timing'), null);
  assert.ok(Number(answer.headers.get(headers.staleness)) <= 5_000);
  const name = gatewayMetrics.gatewayQueries.name;
  assert.equal(await metricOf(gateway(0), name, 'way="eventual"', 'reason="asked"'), 1);
  // What it hears comes later than a replica may be old.
  let asked = 0;
  await waitUntil(async () => {
    asked += 1;
    const { status, headers: given } = await ask(strict.address, '/metadata/posts/9');
    assert.equal(given.get(headers.staleness), null);
    return status === 200;
  });
  assert.equal(await metricOf(strict, name, 'way="leader"', 'reason="stale"'), asked);
  await strict.stop();
});

test('TG-7: the leader is asked as often whatever is asked of its gateways, and answers none of their queries', async () => {
  const name = gatewayMetrics.gatewayKeepAlives.name;
  const queries = gatewayMetrics.gatewayQueries.name;
  const answered = (): Promise<number> => metricOf(gateway(0), queries, 'way="consistent"');
  let sent = 0;
  // Of a leader that stands still meanwhile it says nothing.
  await waitUntil(async () => {
    const [before, answeredBefore] = [await metricOf(gateway(0), name), await answered()];
    const pages = Array.from({ length: 300 }, () => ask(gateway(0).address, '/metadata/posts?limit=1'));
    const statuses = new Set((await Promise.all(pages)).map(({ status }) => status));
    sent = (await metricOf(gateway(0), name)) - before;
    assert.equal((await answered()) - answeredBefore, 300);
    return !statuses.has(503);
  });
  assert.equal(await metricOf(gateway(0), queries, 'way="leader"'), 0);
  assert.ok(sent * 3 < 300, `${sent} keep-alives for 300 queries`);
});

/** Without a look at what it is: that would take longer than to serve it. */
async function fetchPage(address: string): Promise<void> {
  const page = await fetch(`${address}/metadata/posts`, { headers: { authorization: `Bearer ${token}` } });
  await page.arrayBuffer();
}

test('TG-8: what a page costs the leader where it answers itself, it does not cost it where gateways do', async () => {
  const forwarding = await start('gateway', { DARKROOM_CANDIDATE: 'no-cache:gateway=leader,records=40' });
  const costOf = async ({ address }: Started): Promise<number> => {
    const before = await metricOf(leader, runtimeMetrics.processCpu.name);
    for (let batch = 0; batch < 4; batch += 1)
      await Promise.all(Array.from({ length: 40 }, () => fetchPage(address)));
    return (await metricOf(leader, runtimeMetrics.processCpu.name)) - before;
  };
  await costOf(forwarding);
  const [asked, spared] = [await costOf(forwarding), await costOf(gateway(0))];
  assert.ok(asked > 2 * spared, `${asked} s of CPU of the leader, and ${spared} s`);
  await forwarding.stop();
});

test('what is not valid is refused with a code of its own, and a sentence', async () => {
  const cases: readonly (readonly [string, Asked, number, string])[] = [
    ['/metadata/posts?after=x', {}, 400, 'INVALID_CURSOR'],
    ['/metadata/posts?after=0', {}, 400, 'INVALID_CURSOR'],
    ['/metadata/posts?after=99999999999', {}, 400, 'INVALID_CURSOR'],
    ['/metadata/posts?limit=0', {}, 400, 'INVALID_REQUEST'],
    ['/metadata/posts?limit=101', {}, 400, 'INVALID_REQUEST'],
    ['/metadata/posts?consistency=maybe', {}, 400, 'INVALID_REQUEST'],
    ['/metadata/photos', {}, 404, 'METADATA_KIND_UNKNOWN'],
    ['/metadata/constructor/1', {}, 404, 'METADATA_KIND_UNKNOWN'],
    ['/metadata/posts/99999', {}, 404, 'NOT_FOUND'],
    ['/metadata/posts/0', {}, 400, 'INVALID_REQUEST'],
    ['/metadata/posts/1', { headers: { [headers.caller]: 'a b' } }, 400, 'INVALID_CALLER'],
    ['/metadata/posts/1', { headers: { authorization: 'Bearer other' } }, 401, 'GATEWAY_TOKEN_REQUIRED'],
    ['/metadata/posts/1', { method: 'PUT', body: {} }, 400, 'INVALID_REQUEST'],
    ['/metadata/posts/1', { method: 'PUT', body: { attributes: { '': 'x' } } }, 400, 'INVALID_REQUEST'],
    ['/metadata/posts/1', { method: 'PUT', body: { id: 2 } }, 400, 'INVALID_REQUEST'],
    ['/metadata/posts/99999', { method: 'PUT', body: { caption: 'x' } }, 404, 'NOT_FOUND'],
    // Nobody has told this gateway of a replica.
    ['/photos/1', {}, 503, 'SERVICE_UNREACHABLE'],
  ];
  for (const [path, asked, status, code] of cases) {
    const { status: found, json } = await (status === 503 ? ask : askSurely)(gateway(0).address, path, asked);
    assert.deepEqual([found, json['code']], [status, code], `${path} ${JSON.stringify(asked)}`);
    assert.equal(typeof json['detail'], 'string');
  }
});

test('a write that reaches a process which does not lead is refused as one without a leader, and counted once', async () => {
  standby = await start('leader');
  const refusals = () => metricOf(gateway(0), gatewayMetrics.gatewayRefusals.name, 'code="LEADER_LOST"');
  const own = await ask(standby.address, '/metadata/posts/10');
  assert.deepEqual([own.status, own.json['code']], [503, 'NOT_THE_LEADER']);
  const before = await refusals();
  const announce = (address: string) => admin.query('UPDATE gateway_lease SET address = $1', [address]);
  const write = () =>
    ask(gateway(0).address, '/metadata/posts/10', { method: 'PUT', body: { caption: 'anew' } });
  let refused = await write();
  await announce(standby.address);
  await waitUntil(async () => {
    refused = await write();
    return refused.status !== 200;
  });
  assert.deepEqual([refused.status, refused.json['code']], [503, 'LEADER_LOST']);
  assert.ok(Number(refused.headers.get('retry-after')) >= 1);
  assert.equal((await refusals()) - before, 1);
  await announce(leader.address);
  await waitUntil(async () => (await write()).status === 200);
});

test('TG-5: a leader that is killed is refused for until another one leads, and what was deleted does not come back', async () => {
  const storage = createStorage(database.url, 1, () => {});
  const witness = createStalenessWitness({
    storage,
    clock: createSystemClock(),
    token,
    onTrouble: assert.ifError,
  });
  witness.meet(gateways.map(({ address }) => address));
  await waitUntil(async () => (await countOf('gateway_sightings')) > 0);
  assert.equal(await countOf('gateway_outages'), 0);
  await askSurely(gateway(0).address, '/metadata/posts/11', { method: 'DELETE' });
  assert.equal((await askSurely(gateway(0).address, '/metadata/posts/11')).status, 404);
  const written = await put(gateway(0).address, 12, 'before the kill');
  killProcess(leader.child.pid);
  await leader.exited;
  const refused = new Set<string>();
  let failures = 0;
  await waitUntil(async () => {
    for (const one of gateways) {
      const { status, version, json } = await ask(one.address, '/metadata/posts/12');
      if (status === 200) assert.ok(version >= written);
      else {
        failures += 1;
        assert.equal(status, 503);
        refused.add(String(json['code']));
      }
    }
    const { status, headers: given } = await ask(gateway(1).address, '/metadata/posts/13', {
      method: 'PUT',
      body: { attributes: { note: 'meanwhile' } },
    });
    if (status === 503) assert.ok(Number(given.get('retry-after')) >= 1);
    return status === 200;
  });
  assert.ok(failures > 0, 'nothing was refused');
  assert.deepEqual([...refused], ['GATEWAY_NOT_SYNCHRONISED']);
  for (const { address } of gateways) {
    assert.equal((await askSurely(address, '/metadata/posts/12')).version, written);
    assert.equal((await askSurely(address, '/metadata/posts/11')).status, 404);
  }
  assert.equal(await metricOf(standby, gatewayMetrics.leaderIsLeader.name), 1);
  await waitUntil(async () => (await countOf('gateway_outages')) > 0);
  await witness.stop();
  await storage.close();
  const { from } = gatewayFigures.find(({ name }) => name === 'failoverMs') ?? assert.fail('it is measured');
  assert.ok('query' in from);
  const { rows } = await admin.query<{ value: number }>(from.query);
  assert.ok(Number(rows[0]?.value) > 0);
  leader = standby;
});

test('TG-5: a leader that stood still cannot write when another one leads, nor vouch for anything', async () => {
  const next = await start('leader');
  killProcess(leader.child.pid, 'SIGSTOP');
  // It is sent to the old leader itself, and waits in its socket until it goes on.
  const late = ask(leader.address, '/metadata/posts/14', {
    method: 'PUT',
    body: { attributes: { note: 'late' } },
  });
  await waitUntil(async () => (await metricOf(next, gatewayMetrics.leaderIsLeader.name)) === 1);
  let written = 0;
  await waitUntil(async () => {
    const { status, json } = await ask(gateway(0).address, '/metadata/posts/14', {
      method: 'PUT',
      body: { attributes: { note: 'newer' } },
    });
    written = Number(json['version']);
    return status === 200;
  });
  killProcess(leader.child.pid, 'SIGCONT');
  const { status, json } = await late;
  assert.equal(status, 503);
  assert.ok(['NOT_THE_LEADER', 'LEADER_LOST'].includes(String(json['code'])), JSON.stringify(json));
  assert.equal((await ask(leader.address, '/metadata/posts/14')).status, 503);
  const { rows } = await admin.query<{ version: number; note: string }>(
    `SELECT version::integer, data -> 'attributes' ->> 'note' AS note FROM gateway_records WHERE kind = 'posts' AND id = 14`,
  );
  assert.deepEqual(rows, [{ version: written, note: 'newer' }]);
  leader = next;
});

test('what a gateway has acknowledged that is killed then is read through another one', async () => {
  const one = await start('gateway');
  const written = await put(one.address, 16, 'through one that is killed');
  killProcess(one.child.pid);
  await one.exited;
  assert.equal((await askSurely(gateway(0).address, '/metadata/posts/16')).version, written);
});

test('a process that may lead and listens on every address does not start without a name under which it is found', async () => {
  const nowhere = startServiceProcess(
    {
      DARKROOM_CANDIDATE: 'no-cache:gateway=consistent,records=40',
      DARKROOM_HOST: '0.0.0.0',
      DARKROOM_GATEWAY_TOKEN: token,
      DATABASE_URL: database.url,
    },
    'processes/leader.ts',
  );
  started.push(nowhere);
  await assert.rejects(nowhere.listening, /INVALID_CONFIG: DARKROOM_ANNOUNCED_HOST/);
});

test('a leader whose storage goes away for a while leads again, and acknowledged writes are still there', async () => {
  const written = await put(gateway(0).address, 15, 'kept');
  // All of its connections are cut, that of the lease too, and those of the gateways.
  await admin.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );
  for (const { address } of gateways)
    await waitUntil(async () => {
      const { status, version } = await ask(address, '/metadata/posts/15');
      if (status === 200) assert.ok(version >= written);
      return status === 200;
    });
  await waitUntil(async () => {
    const { status } = await ask(gateway(1).address, '/metadata/posts/15', {
      method: 'PUT',
      body: { caption: 'again' },
    });
    return status === 200;
  });
});

test('a gateway that is told to stop finishes what is under way', async () => {
  const one = await start('gateway', { DARKROOM_LAB_STREAM_DELAY_MS: '500' });
  await askSurely(one.address, '/metadata/posts?limit=1');
  const come = (): Promise<number> => metricOf(one, gatewayMetrics.gatewayQueries.name, 'way="consistent"');
  const before = await come();
  const asked = Array.from({ length: 20 }, () => ask(one.address, '/metadata/posts?limit=100'));
  // They have come, and wait for the stream.
  await waitUntil(async () => (await come()) - before === 20);
  one.child.kill('SIGTERM');
  const answers = await Promise.all(asked);
  assert.deepEqual(
    answers.map(({ status }) => status),
    asked.map(() => 200),
  );
  assert.deepEqual(await one.exited, { code: 0, signal: null });
  assert.deepEqual(one.told.at(-1), { type: 'drained' });
});
