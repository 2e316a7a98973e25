import { setTimeout as wait } from 'node:timers/promises';
import { operations, pathOf } from '../../app/contract/operations.ts';
import { randomAt, streams } from '../../loadtests/workloads/counter-random.ts';
import { requireLoopback } from '../../loadtests/workloads/run-settings.ts';
import { tokenOfPerson } from './seeded-token.ts';

/** One read of what was just written. `horizon`: how long after its acknowledgement the read was sent, at the least. */
export type WitnessCheck = {
  /** Through the replica that has written, or through another one. */
  readonly reader: 'same' | 'other';
  readonly horizon: HorizonName;
  readonly outcome: 'consistent' | 'stale' | 'missing' | 'failed';
  readonly versionsBehind: number;
  /** From the acknowledgement to the first check that saw the write; what the last one has not seen counts as its age. */
  readonly visibleAfterSeconds: number | null;
};

export const horizons = { '0ms': 0, '100ms': 100, '1s': 1_000, '5s': 5_000 } as const;
export type HorizonName = keyof typeof horizons;

export type WitnessOptions = {
  /** Addresses of the replicas. Loopback only. */
  readonly targets: readonly string[];
  /** Ids from 1 to this are photos, most of them. */
  readonly photos: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onCheck: (check: WitnessCheck) => void;
};

/** The pause between two edits: long enough to be no load, short enough that figures move within seconds. */
const pauseMs = 2_000;
const answerLimitMs = 2_000;
/** Rounds under way at once: one lasts as long as the last horizon. */
const roundsMax = 4;

type Seen = { readonly version: number; readonly ownerId: number };

/**
 * Edits a photo now and then and looks who has heard of it: the reads of a witness, beside the load. Both replicas read the
 * photo before it is edited, so that what they hold can become stale. Runs until the signal; rejects nothing.
 */
export async function runWitness(options: WitnessOptions): Promise<void> {
  requireLoopback([options.targets]);
  const { signal, seed, photos } = options;
  const underWay = new Set<Promise<void>>();
  for (let round = 0; !signal.aborted; round += 1) {
    if (underWay.size < roundsMax) {
      const photoId = 1 + Math.floor(randomAt(seed, 0, streams.witness, round) * photos);
      const work: Promise<void> = watchOneWrite(options, photoId, round).finally(() => underWay.delete(work));
      underWay.add(work);
    }
    await wait(pauseMs, undefined, { signal }).catch(() => {});
  }
  await Promise.all(underWay);
}

async function watchOneWrite(options: WitnessOptions, photoId: number, round: number): Promise<void> {
  const { targets, signal } = options;
  const writer = round % targets.length;
  const before = await Promise.all(targets.map((target) => readPhoto(target, photoId, signal)));
  const known = before.find((seen) => typeof seen === 'object');
  if (known === undefined) return;
  const edit = { photoId, caption: `edited ${round}`, token: tokenOfPerson(options.seed, known.ownerId) };
  const version = await editPhoto(targets[writer] as string, edit, signal);
  if (version === null) return;
  const acknowledgedAtMs = performance.now();
  await Promise.all(
    targets.map((target, index) => {
      const reader = index === writer ? 'same' : 'other';
      return watchReader(options, { target, reader, photoId, version, acknowledgedAtMs });
    }),
  );
}

type Watch = {
  readonly target: string;
  readonly reader: WitnessCheck['reader'];
  readonly photoId: number;
  readonly version: number;
  readonly acknowledgedAtMs: number;
};

/** Reads at every horizon, and reports what each read saw. */
async function watchReader({ signal, onCheck }: WitnessOptions, watch: Watch): Promise<void> {
  let isSeen = false;
  const names = Object.keys(horizons) as HorizonName[];
  for (const horizon of names) {
    const leftMs = watch.acknowledgedAtMs + horizons[horizon] - performance.now();
    if (leftMs > 0) await wait(leftMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const ageSeconds = (performance.now() - watch.acknowledgedAtMs) / 1000;
    const seen = await readPhoto(watch.target, watch.photoId, signal);
    if (signal.aborted) return;
    const versionsBehind = typeof seen === 'object' ? Math.max(0, watch.version - seen.version) : 0;
    const isNew = typeof seen === 'object' && versionsBehind === 0;
    const isFirstSight = !isSeen && (isNew || (horizon === names.at(-1) && typeof seen === 'object'));
    isSeen ||= isNew;
    onCheck({
      reader: watch.reader,
      horizon,
      outcome: typeof seen === 'object' ? (isNew ? 'consistent' : 'stale') : seen,
      versionsBehind,
      visibleAfterSeconds: isFirstSight ? ageSeconds : null,
    });
  }
}

async function readPhoto(
  target: string,
  photoId: number,
  signal: AbortSignal,
): Promise<Seen | 'missing' | 'failed'> {
  const path = pathOf(operations.photoPage.route, { photoId });
  const body = await ask(target, path, { method: operations.photoPage.method }, signal);
  if (typeof body === 'string') return body;
  const { version, ownerId } = body;
  return typeof version === 'number' && typeof ownerId === 'number' ? { version, ownerId } : 'failed';
}

type Edit = { readonly photoId: number; readonly caption: string; readonly token: string };

/** The version that the edit made; null when it could not be made. */
async function editPhoto(
  target: string,
  { photoId, caption, token }: Edit,
  signal: AbortSignal,
): Promise<number | null> {
  const request = {
    method: operations.editCaption.method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ caption }),
  };
  const body = await ask(target, pathOf(operations.editCaption.route, { photoId }), request, signal);
  return typeof body === 'object' && typeof body['version'] === 'number' ? body['version'] : null;
}

async function ask(
  target: string,
  path: string,
  request: RequestInit,
  signal: AbortSignal,
): Promise<Record<string, unknown> | 'missing' | 'failed'> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]);
    const response = await fetch(`${target}${path}`, { ...request, signal: limit });
    if (response.status === 404) return 'missing';
    const body: unknown = await response.json();
    return response.ok && typeof body === 'object' && body !== null
      ? (body as Record<string, unknown>)
      : 'failed';
  } catch {
    return 'failed';
  }
}
