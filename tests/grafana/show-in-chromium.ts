import { join } from 'node:path';
import { openBrowser } from '../support/chromium.ts';
import type { ShowBoard } from './check-boards.ts';
import { authorizationOf } from './grafana-api.ts';

/** High enough for every panel to be on the screen: Grafana draws no other. */
const heightPx = 8_000;
const widthPx = 1_440;
/** Grafana is busy for seconds until all panels have asked. */
const settleLimitMs = 60_000;
/** What Grafana writes where a panel shows nothing, or failed, whatever its version calls the element. */
const failedPanel = '[data-testid*="Panel status error"], [aria-label="Panel status error"]';

export type Shower = { readonly show: ShowBoard; readonly close: () => Promise<void> };

/** Shows boards in a headless browser, one after another. `pictures`: a folder for a picture of each; empty: none are taken. */
export async function openShower(address: string, pictures = ''): Promise<Shower> {
  const browser = await openBrowser();
  const { origin } = new URL(address);
  return {
    async show(uid) {
      const shown = await browser.openPage(`${origin}/d/${uid}?kiosk&from=now-15m&to=now`, {
        // In its address a browser would take the password for the page, and refuse whatever its scripts ask by relative addresses.
        headers: authorizationOf(address),
        width: widthPx,
        height: heightPx,
        within: origin,
        areWarningsTold: false,
      });
      try {
        await shown.page.waitForLoadState('networkidle', { timeout: settleLimitMs });
        if (pictures !== '')
          await shown.page.screenshot({ path: join(pictures, `${uid}.png`), fullPage: true });
        const failed = await shown.page.locator(failedPanel).count();
        const empty = await shown.page.getByText('No data', { exact: true }).count();
        return [
          ...shown.complaints.map((text) => `the page complains: ${text}`),
          ...(failed > 0 ? [`${failed} panels are marked as failed`] : []),
          ...(empty > 0 ? [`${empty} panels say no more than "No data"`] : []),
        ];
      } finally {
        await shown.close();
      }
    },
    close: () => browser.close(),
  };
}
