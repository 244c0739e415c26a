import axe from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PageData } from '../../../src/server/page/page-data.ts';
import { failure } from '../../../src/core/base/failure.ts';
import { id } from '../../core/builders.ts';
import { TOKEN } from '../served-page.ts';
import { launch, open, skipReason } from '../browser.ts';
import type { OpenedPage, OpenOptions } from '../browser.ts';
import * as states from '../page-states.ts';

const hostile = states.hostile();
const STATES: readonly { readonly state: string; readonly data: PageData }[] = [
  { state: 'in sync', data: states.inSync },
  { state: 'converged', data: states.converged },
  { state: 'contested', data: states.contested },
  { state: 'drift detected', data: states.drifted },
  { state: 'needs attention', data: states.partial },
  { state: 'failing', data: states.failing },
  { state: 'access denied', data: states.denied },
  { state: 'interrupted', data: states.interrupted },
  { state: 'starting', data: states.starting },
  { state: 'stuck', data: states.stuck },
  { state: 'out of date', data: states.stale },
  { state: 'paused', data: states.paused },
  { state: 'a quiet account', data: states.quiet(60) },
  { state: 'all outcomes of passes', data: states.many(3) },
  { state: 'hostile names', data: hostile },
];

/** Finds what makes the page less accessible. */
const VIOLATIONS =
  'axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message}`)))';

/** Rendering and filtering a thousand services takes seconds on a busy machine. */
const SLOW = { timeout: 20_000 };

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
      const { page } = await show({ ...data, acceptsToken: true, sourceUrl: () => 'https://git.example.com/' });
      await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
      if (data.inSync.length > 0) await page.locator('#in-sync-items .item').first().waitFor();
      await page.evaluate(axe.source);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await page.evaluate(VIOLATIONS)).toEqual([]);
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
    await expect.poll(() => title(opened)).toBe('All 6 services in sync');
    expect(await page.title()).toBe('All 6 services in sync · vpc-reconciler');
    expect(await page.locator('#announcement').textContent()).toBe('All 6 services in sync');
    expect(await itemsOf(opened)).toBe(0);
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
    const { latest } = states.partial;
    const next = { ...states.partial, passes: states.partial.passes.slice(1) };
    served.show(next);
    await expect.poll(() => page.locator('figcaption').textContent()).toContain('7 passes');
    expect(await page.locator('#filter').inputValue()).toBe('a');
    expect(await itemsOf(opened)).toBe(shown);
    expect(await page.locator('details[open]').count()).toBe(2);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Show as table');
    expect(await page.evaluate("document.querySelector('#needs-attention .item').marked")).toBe(true);
    // The headline above takes another height now.
    const error = failure('transient', 'x '.repeat(600));
    served.show({ ...next, latest: latest && { ...latest, run_id: 'next', outcome: 'failed', error } });
    await expect.poll(() => title(opened)).toBe('The last pass failed');
    expect(Math.abs((await top()) - before)).toBeLessThan(2);
  });

  test('the filter matches all words, counts the matches, opens collapsed lists, and works by keyboard', async () => {
    const opened = await show(states.partial);
    const { page } = opened;
    expect(await itemsOf(opened)).toBe(7);
    await page.keyboard.press('/');
    await page.keyboard.type('services/ PORT');
    expect(await page.locator('#filter-count').textContent()).toBe('5 of 9 shown');
    expect(await itemsOf(opened)).toBe(5);
    expect(await page.locator('#updated').isVisible()).toBe(true);
    await page.locator('#filter').fill('left-over');
    expect(await page.locator('.item:visible').allTextContents()).toEqual([expect.stringContaining('left-over')]);
    expect(await page.locator('#needs-attention').isVisible()).toBe(false);
    await page.keyboard.press('Escape');
    expect(await page.locator('#filter').inputValue()).toBe('');
    expect(await page.locator('#filter-count').textContent()).toBe('');
    expect(await itemsOf(opened)).toBe(7);
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
  });

  test('every control is reachable with Tab and shows its focus', async () => {
    const { page } = await show(states.partial);
    const focused: unknown[] = [];
    for (let count = 0; count < 15; count += 1) {
      await page.keyboard.press('Tab');
      focused.push(
        await page.evaluate(
          'document.activeElement.id || document.activeElement.textContent.trim().replace(/\\s+/g, " ")',
        ),
      );
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    }
    expect(focused).toEqual([
      '1 failed',
      '1 unsettled',
      '1 missing',
      '2 invalid',
      '1 withheld',
      '1 updated',
      '2 unmanaged',
      'filter',
      'documentation',
      'Unmanaged',
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
    const iconColor = async () => page.evaluate("getComputedStyle(document.querySelector('.state-icon circle')).fill");
    const favicon = async () => page.locator('link[rel=icon]').getAttribute('href');
    expect(await iconColor()).toBe('rgb(27, 119, 66)');
    await served.stop();
    await page.getByRole('alert').waitFor();
    expect(await page.locator('#connection-lost').innerText()).toMatch(
      /^Connection lost\. Reconnecting\.\s+Showing the state of 2026-11-24 12:00:00 UTC, (now|\d+ seconds? ago)\.$/,
    );
    expect(await page.locator('#live').isVisible()).toBe(false);
    expect(await title(opened)).toBe('All 6 services in sync');
    // The verdict may no longer be true: it is gray, here and in the tab.
    expect(await iconColor()).toBe('rgb(101, 97, 90)');
    expect(await page.title()).toBe('Connection lost · vpc-reconciler');
    expect(await favicon()).toContain('%237a766f');
    served.show(states.failing);
    await served.restart();
    await expect.poll(() => title(opened), { timeout: 20_000 }).toBe('The last 3 passes failed');
    await page.locator('#live').waitFor();
    expect(await iconColor()).toBe('rgb(179, 38, 30)');
    expect(await favicon()).toContain('%23d0342c');
    expect(await page.title()).toBe('The last 3 passes failed · vpc-reconciler');
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
    expect(await title(opened)).toBe('6 services need attention');
    expect(await itemsOf(opened)).toBe(7);
    expect(await opened.page.locator('#filter-bar').isVisible()).toBe(false);
    expect(await opened.page.locator('#actions').isVisible()).toBe(false);
    expect(await opened.page.locator('#footer').innerText()).toContain(
      'Without JavaScript, this page does not update.',
    );
    await opened.page.locator('#unmanaged-list > summary').click();
    expect(await itemsOf(opened)).toBe(9);
  });

  test('a count shows only its services, and all again when it is pressed again', async () => {
    const opened = await show(states.partial);
    const { page } = opened;
    const button = (name: string) => page.getByRole('button', { name });
    await button('1 withheld').click();
    expect(await page.locator('.item:visible h3').allTextContents()).toEqual(['~search']);
    expect(await button('1 withheld').getAttribute('aria-pressed')).toBe('true');
    expect(await page.locator('#filter-count').textContent()).toBe('1 of 9 shown');
    await button('2 unmanaged').click();
    expect(await itemsOf(opened)).toBe(2);
    expect(await button('1 withheld').getAttribute('aria-pressed')).toBe('false');
    await page.locator('#filter').fill('left');
    expect(await itemsOf(opened)).toBe(1);
    await page.keyboard.press('Escape');
    expect(await itemsOf(opened)).toBe(7);
    await button('1 failed').click();
    await button('1 failed').click();
    expect(await itemsOf(opened)).toBe(7);
    // The count disappears with the next pass, and so does its filter.
    await button('1 failed').click();
    opened.served.show(states.drifted);
    await expect.poll(() => itemsOf(opened)).toBe(1);
  });

  test.each([
    { services: 6, shown: '1 of 6 shown' },
    { services: 1000, shown: '1 of 1,000 shown' },
  ])('the filter finds one of $services services in sync', async ({ services, shown }) => {
    const opened = await show(states.quiet(services));
    const { page, served } = opened;
    expect(await itemsOf(opened)).toBe(0);
    await page.locator('#filter').fill(`service-${services}`);
    await expect.poll(() => page.locator('#filter-count').textContent(), SLOW).toBe(shown);
    expect(await page.locator('.item:visible').innerText()).toContain(id(services));
    // The next pass finds one less.
    const next = states.quiet(services - 1);
    served.show({ ...next, lastGood: next.lastGood && { ...next.lastGood, run_id: 'next' } });
    await expect.poll(() => itemsOf(opened), SLOW).toBe(0);
    await page.locator('#filter').fill('');
    expect(await page.locator('#in-sync-list').getAttribute('open')).toBe(null);
    await page.locator('#in-sync-list > summary').click();
    await expect.poll(() => itemsOf(opened), SLOW).toBe(services - 1);
  });

  test('the filter finds one of 900 unmanaged services, which are loaded when they are needed', async () => {
    const opened = await show(states.unmanaged(900));
    const { page } = opened;
    expect(await page.locator('.item').count()).toBe(6);
    await page.locator('#filter').fill('others-900');
    await expect.poll(() => page.locator('#filter-count').textContent(), SLOW).toBe('1 of 906 shown');
    expect(await page.locator('.item:visible').innerText()).toContain(id(1000));
    await page.keyboard.press('Escape');
    expect(await itemsOf(opened)).toBe(0);
    await page.getByRole('button', { name: '900 unmanaged' }).click();
    await expect.poll(() => itemsOf(opened), SLOW).toBe(900);
  });

  test.each([390, 360, 320])('nothing covers anything in the top line of a window of %i px', async (width) => {
    for (const data of [states.inSync, states.paused]) {
      const { page } = await show({ ...data, acceptsToken: true }, { viewport: { width, height: 640 } });
      const gaps = await page.evaluate(`(() => {
        const boxes = [...document.querySelectorAll('#program, #live, #actions button')]
          .map((each) => each.getBoundingClientRect()).filter(({ width }) => width > 0);
        return boxes.map(({ right }, index) => (boxes[index + 1]?.left ?? innerWidth) - right);
      })()`);
      expect(Math.min(...[gaps].flat().map(Number))).toBeGreaterThan(4);
    }
  });

  test.each([
    { screen: 'a laptop', viewport: { width: 1280, height: 800 } },
    { screen: 'a phone', viewport: { width: 360, height: 640 } },
  ])('the first service is visible without scrolling on $screen', async ({ viewport }) => {
    for (const data of [states.drifted, states.partial, states.failing, states.paused, states.many()]) {
      const { page } = await show({ ...data, acceptsToken: true }, { viewport });
      const name = await page.locator('.list .item h3').first().boundingBox();
      expect(name && name.y + name.height).toBeLessThan(viewport.height);
    }
  });

  test('long names of fields wrap between words', async () => {
    const { page } = await show(states.drifted, { viewport: { width: 360, height: 640 } });
    const lines = await page.evaluate(`(() => {
      const [cell] = [...document.querySelectorAll('.changes td')].filter((each) => each.textContent.startsWith('host.resolver'));
      const range = document.createRange();
      const parts = [...cell.childNodes].filter(({ nodeType }) => nodeType === 3);
      return parts.map((part) => (range.selectNodeContents(part), range.getClientRects().length));
    })()`);
    expect(lines).toEqual([1, 1, 1, 1, 1]);
    // So do values, such as the names of hosts.
    expect(await page.locator('ins', { hasText: 'orders.internal' }).locator('wbr').count()).toBe(1);
  });

  test('the filter is not hidden behind the notice of a lost connection', async () => {
    const { page, served } = await show(states.many(20), { expectedErrors: /net::ERR_/ });
    await served.stop();
    await page.getByRole('alert').waitFor();
    await page.evaluate('scrollTo(0, 600)');
    await page.keyboard.press('/');
    const [notice, filter] = [page.locator('#connection-lost'), page.locator('#filter')];
    const [{ y = 0, height = 0 }, below] = [(await notice.boundingBox()) ?? {}, await filter.boundingBox()];
    expect(below?.y).toBeGreaterThanOrEqual(y + height);
    expect(below?.y).toBeLessThan(800);
    await served.restart();
  });

  test('a pass is requested with a token, which is kept in memory only', async () => {
    const opened = await show({ ...states.inSync, acceptsToken: true }, { expectedErrors: /401/ });
    const { page, served } = opened;
    const dialog = page.locator('#token-dialog');
    await page.getByRole('button', { name: 'Reconcile now' }).click();
    await page.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await expect.poll(() => dialog.getByRole('alert').textContent()).toBe('This is not the token.');
    await page.getByLabel('Token').fill(TOKEN);
    await dialog.getByRole('button', { name: 'Reconcile now' }).click();
    await expect.poll(() => dialog.isVisible()).toBe(false);
    expect(served.requested).toEqual(['pass']);
    expect(await page.locator('#announcement').textContent()).toBe('Reconcile now: accepted');
    await page.getByRole('button', { name: 'Reconcile now' }).click();
    await expect.poll(() => served.requested).toEqual(['pass', 'pass']);
    expect(await dialog.isVisible()).toBe(false);
    const stored = 'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])';
    expect(await page.evaluate(`${stored} + document.documentElement.outerHTML`)).not.toContain(TOKEN);
    expect(await page.locator('#token').inputValue()).toBe('');
    await page.reload();
    await page.getByRole('button', { name: 'Reconcile now' }).click();
    expect(await dialog.isVisible()).toBe(true);
  });

  test('writes are paused with a reason, and resumed', async () => {
    const { page, served } = await show({ ...states.inSync, acceptsToken: true });
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByLabel('Token').fill(TOKEN);
    await page.getByLabel('Reason').fill('vendor migration');
    await page.keyboard.press('Enter');
    await expect.poll(() => served.requested).toEqual(['pause: vendor migration']);
    served.show(states.paused);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => served.requested).toEqual(['pause: vendor migration', 'resume']);
  });

  test('the dialog for the token, and a pressed count, are accessible', async () => {
    const { page } = await show({ ...states.partial, acceptsToken: true });
    await page.getByRole('button', { name: '1 withheld' }).click();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByLabel('Token').waitFor();
    await page.evaluate(axe.source);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await page.evaluate(VIOLATIONS)).toEqual([]);
    }
    await page.keyboard.press('Escape');
    expect(await page.locator('#token-dialog').isVisible()).toBe(false);
    expect(await page.evaluate(VIOLATIONS)).toEqual([]);
  });

  test.each(['in-sync', 'unmanaged'])('the page %s, for browsers without JavaScript, is accessible', async (path) => {
    const { page, served } = await show(states.unmanaged(60), { viewport: { width: 320, height: 640 } });
    const response = await page.goto(`${served.url}${path}`);
    expect(response?.status()).toBe(200);
    expect(await page.locator('.item').count()).toBe(path === 'in-sync' ? 6 : 60);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await page.evaluate(axe.source);
    expect(await page.evaluate(VIOLATIONS)).toEqual([]);
  });

  test('there are no buttons without a token', async () => {
    const { page } = await show(states.inSync);
    expect(await page.locator('[data-action]').count()).toBe(0);
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
