import axe from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PageData } from '../../../src/server/page/page-data.ts';
import { id } from '../../core/builders.ts';
import { launch, open, skipReason } from '../browser.ts';
import type { OpenedPage, OpenOptions } from '../browser.ts';
import * as states from '../page-states.ts';

const hostile = states.hostile();
const STATES: readonly { readonly state: string; readonly data: PageData }[] = [
  { state: 'in sync', data: states.inSync },
  { state: 'converged', data: states.converged },
  { state: 'drift detected', data: states.drifted },
  { state: 'needs attention', data: states.partial },
  { state: 'failing', data: states.failing },
  { state: 'access denied', data: states.denied },
  { state: 'interrupted', data: states.interrupted },
  { state: 'starting', data: states.starting },
  { state: 'stuck', data: states.stuck },
  { state: 'out of date', data: states.stale },
  { state: 'all outcomes of passes', data: states.many(3) },
  { state: 'hostile names', data: hostile },
];

const title = ({ page }: OpenedPage) => page.locator('h1').textContent();
const itemsOf = ({ page }: OpenedPage) => page.locator('.item:visible').count();

describe.skipIf(skipReason !== null)(`in a browser${skipReason === null ? '' : ` (${skipReason})`}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  const show = (data: PageData, options?: OpenOptions) => open(browser, data, options);

  test.each(STATES)(
    '$state: is accessible in both color schemes, and does not scroll sideways on a phone',
    async ({ data }) => {
      const { page } = await show(data);
      await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
      await page.evaluate(axe.source);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const violations = await page.evaluate(
          'axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message}`)))',
        );
        expect(violations).toEqual([]);
      }
      for (const width of [768, 360, 320]) {
        await page.setViewportSize({ width, height: 800 });
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      }
    },
  );

  test('shows hostile names as text and runs none of them', async () => {
    const { page } = await show(hostile);
    expect(await page.locator('h3').allTextContents()).toContain('~"><img src=x onerror=alert(1)>');
    expect(await page.locator('img, main script, [onerror], [onmouseover], a[href^="javascript"]').count()).toBe(0);
  });

  test('blocks an injected script by the content security policy', async () => {
    const { page } = await show(states.inSync, { expectedErrors: /violates the following Content Security Policy/ });
    const blocked = await page.evaluate(`new Promise((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
      document.body.append(Object.assign(document.createElement('script'), { src: 'data:text/javascript,ran=1' }));
    })`);
    expect(blocked).toBe('script-src-elem');
    expect(await page.evaluate('typeof ran')).toBe('undefined');
  });

  test('shows a new pass without a reload', async () => {
    const opened = await show(states.drifted);
    const { page, served } = opened;
    await page.evaluate('window.same = true');
    served.show(states.inSync);
    await expect.poll(() => title(opened)).toBe('In sync');
    expect(await page.title()).toBe('In sync · vpc-reconciler');
    expect(await page.locator('#announcement').textContent()).toBe('In sync');
    expect(await itemsOf(opened)).toBe(0);
    expect(await page.locator('#filter-bar').isVisible()).toBe(false);
    expect(await page.evaluate('window.same')).toBe(true);
    expect(served.subscriptions()).toBe(1);
  });

  test('reloads the page when the program has another version', async () => {
    const opened = await show(states.inSync);
    const { page, served } = opened;
    await page.evaluate('window.same = true');
    served.show({ ...states.drifted, health: { ...states.drifted.health, version: '0.2.0' } });
    await expect.poll(() => page.locator('#program').textContent()).toContain('0.2.0');
    expect(await page.evaluate('typeof same')).toBe('undefined');
  });

  test('an update keeps the filter, opened lists, focus, scroll position, and unchanged sections', async () => {
    const opened = await show(states.partial);
    const { page, served } = opened;
    await page.locator('#unmanaged-list > summary').click();
    await page.locator('#pass-table > summary').click();
    await page.locator('#filter').fill('a');
    const shown = await itemsOf(opened);
    await page.evaluate("document.querySelector('#needs-attention .item').marked = true");
    await page.locator('#pass-table > summary').focus();
    await page.evaluate('scrollTo(0, 500)');
    const top = async () => (await page.locator(`[id="${id(3)}"]`).boundingBox())?.y ?? NaN;
    const before = await top();
    const next = { ...states.partial, passes: states.partial.passes.slice(1) };
    served.show({ ...next, health: { ...next.health, reason: null, version: '0.1.0' } });
    await expect.poll(() => page.locator('figcaption').textContent()).toContain('7 passes');
    expect(await page.locator('#filter').inputValue()).toBe('a');
    expect(await itemsOf(opened)).toBe(shown);
    expect(await page.locator('details[open]').count()).toBe(2);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Show as table');
    expect(await page.evaluate("document.querySelector('#needs-attention .item').marked")).toBe(true);
    // The details above take another height now.
    served.show({
      ...next,
      health: { ...next.health, watcher: { ...next.health.watcher, missed_changes: 7, reason: 'x '.repeat(600) } },
    });
    await expect.poll(() => page.locator('#daemon-details').textContent()).toContain('7 changes');
    expect(Math.abs((await top()) - before)).toBeLessThan(2);
  });

  test('the filter matches all words, counts the matches, opens collapsed lists, and works by keyboard', async () => {
    const opened = await show(states.partial);
    const { page } = opened;
    expect(await itemsOf(opened)).toBe(9);
    await page.keyboard.press('/');
    await page.keyboard.type('services/ PORT');
    expect(await page.locator('#filter-count').textContent()).toBe('6 of 11 shown');
    expect(await itemsOf(opened)).toBe(6);
    expect(await page.locator('#updated').isVisible()).toBe(true);
    await page.locator('#filter').fill('left-over');
    expect(await page.locator('.item:visible').allTextContents()).toEqual([expect.stringContaining('left-over')]);
    expect(await page.locator('#needs-attention').isVisible()).toBe(false);
    await page.keyboard.press('Escape');
    expect(await page.locator('#filter').inputValue()).toBe('');
    expect(await page.locator('#filter-count').textContent()).toBe('');
    expect(await itemsOf(opened)).toBe(9);
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
  });

  test('every control is reachable with Tab and shows its focus', async () => {
    const { page } = await show(states.partial);
    const focused: unknown[] = [];
    for (let count = 0; count < 8; count += 1) {
      await page.keyboard.press('Tab');
      focused.push(
        await page.evaluate('document.activeElement.id || document.activeElement.textContent.trim().split("\\n")[0]'),
      );
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    }
    expect(focused).toEqual([
      'filter',
      'documentation',
      expect.stringContaining('Unmanaged'),
      'Show as table',
      'Latest report',
      'Recent reports',
      'Metrics',
      'Readiness',
    ]);
  });

  test('ages keep counting by the clock of the daemon', async () => {
    const { page } = await show(states.inSync, { fakeClock: true });
    const times = page.locator('#headline .age');
    const read = async () => (await times.allTextContents()).join(', ');
    await expect.poll(read).toMatch(/^20 minutes ago, 1\d seconds ago, in 4 minutes$/);
    await page.clock.fastForward(39_000);
    await expect.poll(read).toMatch(/^20 minutes ago, 5\d seconds ago, in 4 minutes$/);
  });

  test('a lost connection is reported with the time of the data, and is reestablished', async () => {
    const opened = await show(states.inSync, { expectedErrors: /net::ERR_/ });
    const { page, served } = opened;
    await served.stop();
    await page.getByRole('alert').waitFor();
    expect(await page.locator('#connection-lost').innerText()).toMatch(
      /^Connection lost\. Reconnecting\.\s+Showing the state of 2026-11-24 12:00:00 UTC, (now|\d+ seconds? ago)\.$/,
    );
    expect(await page.locator('#live').isVisible()).toBe(false);
    expect(await title(opened)).toBe('In sync');
    served.show(states.failing);
    await served.restart();
    await expect.poll(() => title(opened), { timeout: 20_000 }).toBe('Failing');
    await page.locator('#live').waitFor();
    expect(await page.locator('#connection-lost').isVisible()).toBe(false);
  });

  test('a connection without heartbeats is treated as lost', async () => {
    const { page } = await show(states.inSync, { fakeClock: true });
    await page.clock.fastForward(41_000);
    await page.getByRole('alert').waitFor();
  });

  test('a stuck loop, which sends no events, is noticed within a minute', async () => {
    const opened = await show(states.inSync, { fakeClock: true });
    opened.served.show(states.stuck, { silently: true });
    // The clock is a minute ahead at once, but the next heartbeat comes in real time.
    await opened.page.clock.setSystemTime(Date.now() + 61_000);
    await expect.poll(() => title(opened), { timeout: 30_000 }).toBe('Stuck');
    expect(opened.served.subscriptions()).toBe(1);
  });

  test('without JavaScript, the page is complete and says that it does not update', async () => {
    const opened = await show(states.partial, { javaScriptEnabled: false });
    expect(await title(opened)).toBe('Needs attention');
    expect(await itemsOf(opened)).toBe(9);
    expect(await opened.page.locator('#filter-bar').isVisible()).toBe(false);
    expect(await opened.page.locator('#footer').innerText()).toContain(
      'Without JavaScript, this page does not update.',
    );
    await opened.page.locator('#unmanaged-list > summary').click();
    expect(await itemsOf(opened)).toBe(11);
  });

  test('a thousand services can be filtered and linked to', async () => {
    const opened = await show(states.many());
    const { page, served } = opened;
    await page.locator('#filter').fill('service-77');
    expect(await page.locator('#filter-count').textContent()).toBe('11 of 1,000 shown');
    await page.locator('#filter').fill('');
    await page.goto(`${served.url}#${id(900)}`);
    await expect.poll(() => page.locator('.item:target').innerText()).toContain('service-900');
    const top = await page.evaluate("document.querySelector('.item:target').getBoundingClientRect().top");
    expect(top).toBeGreaterThanOrEqual(0);
    expect(top).toBeLessThan(800);
  });

  test('nothing moves when the reader prefers reduced motion', async () => {
    for (const [reducedMotion, name] of [
      ['no-preference', 'busy'],
      ['reduce', 'none'],
    ] as const) {
      const { page } = await show(states.starting, { reducedMotion });
      expect(await page.evaluate("getComputedStyle(document.querySelector('.busy'), '::before').animationName")).toBe(
        name,
      );
    }
  });
});
