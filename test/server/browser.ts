import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { PageData } from '../../src/server/page/page-data.ts';
import { servePage } from './served-page.ts';
import type { ServedPage } from './served-page.ts';

/** The path of Debian's package. */
const CHROMIUM = '/usr/bin/chromium';

/** Why the browser tests are skipped, or null if they run. */
export const skipReason = existsSync(CHROMIUM) ? null : `skipped: ${CHROMIUM} not found; apt-get install chromium`;

export async function launch(): Promise<Browser> {
  const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  return chromium.launch({
    executablePath: CHROMIUM,
    // Chromium has no sandbox for root, and the tests open only our own page.
    args: ['--headless', '--no-sandbox', '--disable-component-update', '--disable-sync', ...args],
  });
}

export type OpenedPage = { readonly page: Page; readonly served: ServedPage };

export type OpenOptions = BrowserContextOptions & {
  /** Errors that the browser is expected to log. */
  readonly expectedErrors?: RegExp;
  /** Whether the test controls the clock of the browser. */
  readonly fakeClock?: boolean;
};

/**
 * Opens the page in a window of its own. The test fails if the browser logs an unexpected error or sends a request to another server.
 */
export async function open(browser: Browser, data: PageData, options: OpenOptions = {}): Promise<OpenedPage> {
  const { expectedErrors = null, fakeClock = false, ...context } = options;
  const served = await servePage(data);
  const window = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...context });
  const page = await window.newPage();
  const errors: string[] = [];
  const foreignRequests: string[] = [];
  page.on('console', (message) => errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(served.url) || request.url().startsWith('data:');
    if (!isOwn) foreignRequests.push(request.url());
  });
  onTestFinished(async () => {
    await window.close();
    await served.close();
    expect(foreignRequests).toEqual([]);
    expect(errors.filter((text) => expectedErrors?.test(text) !== true)).toEqual([]);
  });
  if (fakeClock) await page.clock.install();
  await page.goto(served.url);
  if (context.javaScriptEnabled !== false) await page.locator('#live').waitFor();
  return { page, served };
}
