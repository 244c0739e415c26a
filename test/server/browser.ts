import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { PageFacts } from '../../src/server/page/page.ts';
import { serveFacts } from './serve.ts';
import type { Served } from './serve.ts';

/** Where Debian puts it. */
const CHROMIUM = '/usr/bin/chromium';

/** Why there is no test in a browser; null where there is. */
export const whyNoBrowser = existsSync(CHROMIUM) ? null : `skipped: there is no ${CHROMIUM} (apt-get install chromium)`;

export async function launch(): Promise<Browser> {
  const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  return chromium.launch({
    executablePath: CHROMIUM,
    // Root has no sandbox, and what is opened is our own.
    args: ['--headless', '--no-sandbox', '--disable-component-update', '--disable-sync', ...args],
  });
}

export type Opened = { readonly page: Page; readonly served: Served };

export type OpenOptions = BrowserContextOptions & {
  /** Of what the browser may complain. */
  readonly complaints?: RegExp;
  /** The clock of the browser is the test's. */
  readonly ownClock?: boolean;
};

/** The page in a window of its own. The test fails if the browser complained of anything, or asked anybody else for anything. */
export async function open(browser: Browser, facts: PageFacts, options: OpenOptions = {}): Promise<Opened> {
  const { complaints: expected = null, ownClock = false, ...context } = options;
  const served = await serveFacts(facts);
  const window = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...context });
  const page = await window.newPage();
  const complaints: string[] = [];
  const elsewhere: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(served.url) && !request.url().startsWith('data:')) elsewhere.push(request.url());
  });
  onTestFinished(async () => {
    await window.close();
    await served.close();
    expect(elsewhere).toEqual([]);
    expect(complaints.filter((text) => expected?.test(text) !== true)).toEqual([]);
  });
  if (ownClock) await page.clock.install();
  await page.goto(served.url);
  if (context.javaScriptEnabled !== false) await page.locator('#live').waitFor();
  return { page, served };
}
