import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The browser on PATH, or null. Nothing is downloaded. */
function findChromium(): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter))
    for (const name of names) if (existsSync(join(folder, name))) return join(folder, name);
  return null;
}

/** Why tests of pages cannot run here; false: they can. Where everything is tested, a missing browser is a failure. */
export const isBrowserMissing: string | false =
  findChromium() === null && process.env['CI'] !== 'true' ? 'there is no Chromium on PATH' : false;

/** A page in a headless browser, and what went wrong in it so far. */
export type OpenPage = {
  readonly page: Page;
  /** Errors of scripts, refused or failed requests, and requests to anywhere else. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
};

export async function openPage(
  address: string,
  options: { readonly width?: number } = {},
): Promise<OpenPage> {
  const executablePath = findChromium();
  if (executablePath === null) throw new RangeError('there is no Chromium on PATH');
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-browser-'));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    viewport: { width: options.width ?? 1_280, height: 900 },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => void complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith('data:')) complaints.push(`asks ${url}`);
  });
  await page.goto(address);
  return {
    page,
    complaints,
    async close() {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
