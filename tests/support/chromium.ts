import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';

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

/** A headless browser. To start one costs seconds of CPU. */
export type Browser = {
  openPage(address: string, options?: PageOptions): Promise<OpenPage>;
  close(): Promise<void>;
};

export type PageOptions = {
  readonly width?: number;
  readonly height?: number;
  /** What is sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The page may ask only for addresses that begin with this; absent: with its own address. */
  readonly within?: string;
  /** Absent: they are complaints, too. */
  readonly areWarningsTold?: boolean;
};

/** For what is read, and not looked at: a window in which less is drawn each second. */
export const smallWindow = { width: 400, height: 300 } as const;

/** A page in a browser, and what went wrong in it so far. */
export type OpenPage = {
  readonly page: Page;
  /** Errors of scripts, refused or failed requests, and requests to anywhere else. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
};

const usualWidth = 1_280;
const usualHeight = 900;

export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new RangeError('there is no Chromium on PATH');
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-browser-'));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    viewport: { width: usualWidth, height: usualHeight },
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
  return {
    openPage: (address, options = {}) => openPage(context, address, options),
    async close() {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openPage(
  context: BrowserContext,
  address: string,
  {
    width = usualWidth,
    height = usualHeight,
    headers = {},
    within = address,
    areWarningsTold = true,
  }: PageOptions,
): Promise<OpenPage> {
  const page = await context.newPage();
  await page.setViewportSize({ width, height });
  await page.setExtraHTTPHeaders(headers);
  const complaints: string[] = [];
  page.on('pageerror', (error) => void complaints.push(String(error)));
  page.on('console', (message) => {
    const isTold = message.type() === 'error' || (areWarningsTold && message.type() === 'warning');
    if (isTold) complaints.push(message.text());
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(within) && !/^(?:data|blob):/.test(url)) complaints.push(`asks ${url}`);
  });
  await page.goto(address);
  return { page, complaints, close: () => page.close() };
}
