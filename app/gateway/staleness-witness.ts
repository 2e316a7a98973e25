import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { headers } from '../contract/headers.ts';
import { gatewayOperations, pathOf } from '../contract/operations.ts';
import { DarkroomError } from '../errors.ts';
import type { Queries, Statement } from '../storage/statement.ts';

export type StalenessWitnessParts = {
  readonly storage: Queries;
  /** Of the world: while it stands still, the witness waits with it. */
  readonly clock: Clock;
  readonly token: string;
  readonly onTrouble: (reason: unknown) => void;
};

export type StalenessWitness = {
  /** Tells it where the gateways listen; until then, and where there are none, it waits. */
  readonly meet: (gateways: readonly string[]) => void;
  stop(): Promise<void>;
};

const lookEveryMs = 50;
const answerLimitMs = 5_000;

const insertSighting: Statement = {
  name: 'insert_gateway_sighting',
  text: 'INSERT INTO gateway_sightings (is_stale, is_backward, sync_ms) VALUES ($1, $2, $3)',
};

const insertOutage: Statement = {
  name: 'insert_gateway_outage',
  text: 'INSERT INTO gateway_outages (lasted_ms, refused) VALUES ($1, $2)',
};

/** What a read through a gateway has shown. */
type Sighting = { readonly version: number; readonly syncMs: number | null };

/**
 * Twenty times a second it writes a record through one gateway and, once that is acknowledged, reads it at once through the next one. A
 * read is stale that shows an older version than the acknowledged one. Of those, one goes backward that is older than what was read before:
 * every stale read breaks what writers were promised, and such a one also what readers were. Refusals are told as outages, from the first
 * one to the next answer. Where there is one gateway, both go through it.
 */
export function createStalenessWitness(parts: StalenessWitnessParts): StalenessWitness {
  const stopping = new AbortController();
  let gateways: readonly string[] = [];
  const running = watch(parts, () => gateways, stopping.signal);
  return {
    meet(known) {
      gateways = known;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Rejects nothing. */
async function watch(
  { storage, clock, token, onTrouble }: StalenessWitnessParts,
  gateways: () => readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const outages = createOutages(storage, clock);
  let recordId: number | undefined;
  let lastMs = 0;
  let highest = 0;
  for (let trial = 0; !signal.aborted; trial += 1) {
    await wait(lookEveryMs, undefined, { signal }).catch(() => {});
    const known = gateways();
    const nowMs = clock.now();
    if (nowMs === lastMs || known.length === 0 || signal.aborted) continue;
    lastMs = nowMs;
    const through = (at: number) => createClient(known[at % known.length] ?? '', token, signal);
    try {
      recordId ??= await through(trial).firstPost();
      if (recordId === undefined) continue;
      const written = await through(trial).write(recordId, `trial ${trial}`);
      const { version, syncMs } = await through(trial + 1).read(recordId);
      await outages.answered();
      await storage.query(insertSighting, [version < written, version < highest, syncMs]);
      highest = Math.max(highest, version);
    } catch (error) {
      if (signal.aborted) break;
      if (isRefusal(error)) outages.refused(nowMs);
      else onTrouble(error);
    }
  }
  await outages.answered().catch(onTrouble);
}

/** A gateway that does not answer in time refuses as well. */
const isRefusal = (error: unknown): boolean =>
  error instanceof DarkroomError
    ? error.code === 'GATEWAY_NOT_SYNCHRONISED'
    : error instanceof DOMException && error.name === 'TimeoutError';

/**
 * Notes outages. One lasts from the sending of the first request that was refused to the next answer or, where none
 * comes, to the end of the witness.
 */
function createOutages(storage: Queries, clock: Clock) {
  let sinceMs: number | null = null;
  let refused = 0;
  return {
    /** A request that was sent at this time was refused, or had no answer in time. */
    refused(sentAtMs: number) {
      sinceMs ??= sentAtMs;
      refused += 1;
    },
    async answered() {
      if (sinceMs === null) return;
      const lastedMs = clock.now() - sinceMs;
      const count = refused;
      sinceMs = null;
      refused = 0;
      await storage.query(insertOutage, [lastedMs, count]);
    },
  };
}

/** Asks one gateway. Throws GATEWAY_NOT_SYNCHRONISED for a refusal that passes. */
function createClient(gateway: string, token: string, signal: AbortSignal) {
  const ask = async (method: string, path: string, body?: object): Promise<Response> => {
    const response = await fetch(`${gateway}${path}`, {
      method,
      headers: {
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]),
    });
    if (response.ok) return response;
    await response.body?.cancel();
    const code = response.status === 503 ? 'GATEWAY_NOT_SYNCHRONISED' : 'INTERNAL';
    throw new DarkroomError(code, `${method} ${path} was answered with ${response.status}.`);
  };
  const pathOfRecord = (recordId: number): string =>
    pathOf(gatewayOperations.metadataRecord.route, { kind: 'posts', recordId });
  return {
    async firstPost(): Promise<number | undefined> {
      const path = pathOf(gatewayOperations.metadataPage.route, { kind: 'posts' });
      const body: unknown = await (await ask('GET', `${path}?limit=1`)).json();
      const { records } = body as { readonly records: readonly { readonly id: number }[] };
      return records[0]?.id;
    },
    async write(recordId: number, note: string): Promise<number> {
      const body = await (await ask('PUT', pathOfRecord(recordId), { attributes: { note } })).json();
      return Number((body as { readonly version: unknown }).version);
    },
    async read(recordId: number): Promise<Sighting> {
      const response = await ask('GET', pathOfRecord(recordId));
      await response.arrayBuffer();
      const timing = /dur=([\d.]+)/.exec(response.headers.get('server-timing') ?? '')?.[1];
      return {
        version: Number(response.headers.get(headers.entryVersion)),
        syncMs: timing === undefined ? null : Number(timing),
      };
    },
  };
}
