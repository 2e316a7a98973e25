import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import sharp from 'sharp';
import { blobNamesOf, renditionEdges } from '../../app/contract/renditions.ts';
import { headers } from '../../app/contract/headers.ts';
import { errorTable } from '../../app/errors.ts';
import { askAgain } from '../support/ask-again.ts';
import type { HostileUpload } from './hostile-list.ts';

/** The service that is sent to, and where it keeps what it takes. */
export type Target = {
  readonly origin: string;
  readonly viewer: number;
  readonly mediaFolder: string;
};

export type Tally = {
  /** Answers by their code; `taken` is a valid picture. */
  readonly answers: Readonly<Record<string, number>>;
  /** What should not have happened, in words. */
  readonly faults: readonly string[];
  readonly taken: number;
};

/** What is not answered then hangs. A decode has ten seconds, and others may be in line, on a machine that does other things. */
const answerMsMax = 120_000;

/** Sends every upload, some at a time, and judges each answer, then what is stored. */
export async function sendUploads(
  target: Target,
  uploads: readonly HostileUpload[],
  atOnce: number,
): Promise<Tally> {
  const answers: Record<string, number> = {};
  const faults: string[] = [];
  const digests = new Set<string>();
  const waiting = uploads.values();
  let taken = 0;
  const work = async (): Promise<void> => {
    for (const upload of waiting) {
      const outcome = await sendOne(target, upload).catch((error: unknown) => ({ fault: String(error) }));
      if ('fault' in outcome) faults.push(`${upload.family}: ${upload.name}: ${outcome.fault}`);
      else {
        answers[outcome.code] = (answers[outcome.code] ?? 0) + 1;
        if (outcome.digest !== null) {
          taken += 1;
          digests.add(outcome.digest);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  faults.push(...(await leftovers(target, digests)));
  return { answers, faults, taken };
}

type Outcome = { readonly code: string; readonly digest: string | null } | { readonly fault: string };

async function sendOne({ origin, viewer }: Target, upload: HostileUpload): Promise<Outcome> {
  const send = async () => {
    const form = await upload.make();
    const response = await fetch(`${origin}/users/${viewer}/posts`, {
      method: 'POST',
      headers: { ...form.headers, [headers.viewer]: String(viewer) },
      body: form.body,
      signal: AbortSignal.timeout(answerMsMax),
    });
    const body = (await response.json()) as { readonly code?: unknown; readonly fullImageUrl?: unknown };
    return { status: response.status, body };
  };
  const { status, body } = await askAgain(send, (answer) => answer.body.code === 'STORAGE_UNAVAILABLE');
  if (status === 201) return judgeImage(origin, String(body.fullImageUrl));
  const code = String(body.code);
  const known = Object.entries(errorTable).find(([name]) => name === code)?.[1];
  if (status < 400 || status > 499 || known?.status !== status)
    return { fault: `${status} ${JSON.stringify(body)}` };
  return { code, digest: null };
}

/** A picture that was taken can be seen in every size. */
async function judgeImage(origin: string, url: string): Promise<Outcome> {
  for (const edge of renditionEdges) {
    const response = await fetch(`${origin}${url}/${edge}`, {
      headers: { accept: edge === 320 ? 'image/webp' : '*/*' },
      signal: AbortSignal.timeout(answerMsMax),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status !== 200) return { fault: `taken, and its image is ${response.status}` };
    const { info } = await sharp(bytes, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true });
    if (Math.max(info.width, info.height) > edge)
      return { fault: `an image of ${edge} is ${info.width} wide` };
  }
  return { code: 'taken', digest: url.slice('/media/'.length) };
}

/** Files that belong to no picture that was taken, and those of one that are missing. */
async function leftovers({ mediaFolder }: Target, digests: ReadonlySet<string>): Promise<string[]> {
  const expected = new Set([...digests].flatMap(blobNamesOf));
  const entries = await readdir(mediaFolder, { recursive: true, withFileTypes: true });
  const found = entries.filter((entry) => entry.isFile()).map(({ name }) => basename(name));
  return [
    ...found.filter((name) => !expected.has(name)).map((name) => `a leftover is stored: ${name}`),
    ...[...expected].filter((name) => !found.includes(name)).map((name) => `not stored: ${name}`),
  ];
}
