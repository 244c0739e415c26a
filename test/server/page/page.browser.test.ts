import axe from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PageFacts } from '../../../src/server/page/page.ts';
import { id } from '../../core/builders.ts';
import { launch, open, whyNoBrowser } from '../browser.ts';
import type { Opened, OpenOptions } from '../browser.ts';
import * as states from '../facts.ts';

const hostile = states.hostile();
const STATES: readonly { readonly state: string; readonly facts: PageFacts }[] = [
  { state: 'in sync', facts: states.inSync },
  { state: 'converged', facts: states.converged },
  { state: 'drift pending', facts: states.drifted },
  { state: 'something needs you', facts: states.partial },
  { state: 'failing', facts: states.failing },
  { state: 'denied', facts: states.denied },
  { state: 'interrupted', facts: states.interrupted },
  { state: 'starting', facts: states.starting },
  { state: 'stuck', facts: states.stuck },
  { state: 'out of date', facts: states.stale },
  { state: 'all sorts of passes', facts: states.many(3) },
  { state: 'hostile names', facts: hostile },
];

const headline = ({ page }: Opened) => page.locator('h1').textContent();
const itemsOf = ({ page }: Opened) => page.locator('.item:visible').count();

describe.skipIf(whyNoBrowser !== null)(`in a browser${whyNoBrowser === null ? '' : ` (${whyNoBrowser})`}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  const show = (facts: PageFacts, options?: OpenOptions) => open(browser, facts, options);

  test.each(STATES)(
    '$state: no violation of accessibility in either color scheme, no sideways scroll on a phone',
    async ({ facts }) => {
      const { page } = await show(facts);
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

  test('names from outside are words, and run nothing', async () => {
    const { page } = await show(hostile);
    expect(await page.locator('h3').allTextContents()).toContain('~"><img src=x onerror=alert(1)>');
    expect(await page.locator('img, main script, [onerror], [onmouseover], a[href^="javascript"]').count()).toBe(0);
  });

  test('the policy holds: nothing that somebody gets into the page runs', async () => {
    const { page } = await show(states.inSync, { complaints: /violates the following Content Security Policy/ });
    const blocked = await page.evaluate(`new Promise((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
      document.body.append(Object.assign(document.createElement('script'), { src: 'data:text/javascript,ran=1' }));
    })`);
    expect(blocked).toBe('script-src-elem');
    expect(await page.evaluate('typeof ran')).toBe('undefined');
  });

  test('a pass is seen without loading the page anew', async () => {
    const opened = await show(states.drifted);
    const { page, served } = opened;
    await page.evaluate('window.same = true');
    served.show(states.inSync);
    await expect.poll(() => headline(opened)).toBe('In sync');
    expect(await page.title()).toBe('In sync · vpc-reconciler');
    expect(await page.locator('#said').textContent()).toBe('In sync');
    expect(await itemsOf(opened)).toBe(0);
    expect(await page.locator('#find').isVisible()).toBe(false);
    expect(await page.evaluate('window.same')).toBe(true);
    expect(served.streams()).toBe(1);
  });

  test('another version of the program is loaded anew, with its own script', async () => {
    const opened = await show(states.inSync);
    const { page, served } = opened;
    await page.evaluate('window.same = true');
    served.show({ ...states.drifted, health: { ...states.drifted.health, version: '0.2.0' } });
    await expect.poll(() => page.locator('#program').textContent()).toContain('0.2.0');
    expect(await page.evaluate('typeof same')).toBe('undefined');
  });

  test('what somebody looks at stays: filter, folds, focus, place, and parts that did not change', async () => {
    const opened = await show(states.partial);
    const { page, served } = opened;
    await page.locator('#unmanaged-list > summary').click();
    await page.locator('#passes-table > summary').click();
    await page.locator('#filter').fill('a');
    const shown = await itemsOf(opened);
    await page.evaluate("document.querySelector('#wrong .item').marked = true");
    await page.locator('#passes-table > summary').focus();
    await page.evaluate('scrollTo(0, 500)');
    const top = async () => (await page.locator(`[id="${id(3)}"]`).boundingBox())?.y ?? NaN;
    const before = await top();
    const next = { ...states.partial, passes: states.partial.passes.slice(1) };
    served.show({ ...next, health: { ...next.health, reason: null, version: '0.1.0' } });
    await expect.poll(() => page.locator('figcaption').textContent()).toContain('7 passes');
    expect(await page.locator('#filter').inputValue()).toBe('a');
    expect(await itemsOf(opened)).toBe(shown);
    expect(await page.locator('details[open]').count()).toBe(2);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('As a table');
    expect(await page.evaluate("document.querySelector('#wrong .item').marked")).toBe(true);
    // The lines above are fewer now, and still it is where it was.
    served.show({
      ...next,
      health: { ...next.health, watcher: { ...next.health.watcher, missed_changes: 7, reason: 'x '.repeat(600) } },
    });
    await expect.poll(() => page.locator('#about').textContent()).toContain('7 changes');
    expect(Math.abs((await top()) - before)).toBeLessThan(2);
  });

  test('the filter finds by all of its words, says how many, opens what is folded, and is worked by keys', async () => {
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
    expect(await page.locator('#wrong').isVisible()).toBe(false);
    await page.keyboard.press('Escape');
    expect(await page.locator('#filter').inputValue()).toBe('');
    expect(await page.locator('#filter-count').textContent()).toBe('');
    expect(await itemsOf(opened)).toBe(9);
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
  });

  test('everything that can be worked is reached by Tab, and shows that it is', async () => {
    const { page } = await show(states.partial);
    const reached: unknown[] = [];
    for (let count = 0; count < 8; count += 1) {
      await page.keyboard.press('Tab');
      reached.push(
        await page.evaluate('document.activeElement.id || document.activeElement.textContent.trim().split("\\n")[0]'),
      );
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    }
    expect(reached).toEqual([
      'filter',
      'documentation',
      expect.stringContaining('Not declared'),
      'As a table',
      'Report as JSON',
      'Recent reports',
      'Metrics',
      'Ready?',
    ]);
  });

  test('ages go on, by the clock of the daemon, and what is due is now', async () => {
    const { page } = await show(states.inSync, { ownClock: true });
    const times = page.locator('#verdict .age');
    const read = async () => (await times.allTextContents()).join(', ');
    await expect.poll(read).toMatch(/^20 minutes ago, 1\d seconds ago, in 4 minutes$/);
    await page.clock.fastForward(39_000);
    await expect.poll(read).toMatch(/^20 minutes ago, 5\d seconds ago, in 4 minutes$/);
  });

  test('a connection that ends is told, with the time of what is shown, and comes back by itself', async () => {
    const opened = await show(states.inSync, { complaints: /net::ERR_/ });
    const { page, served } = opened;
    await served.leave();
    await page.getByRole('alert').waitFor();
    expect(await page.locator('#lost').innerText()).toMatch(
      /^The connection is lost; trying again\.\s+What you see was so at 2026-11-24 12:00:00 UTC, (now|\d+ seconds? ago)\.$/,
    );
    expect(await page.locator('#live').isVisible()).toBe(false);
    expect(await headline(opened)).toBe('In sync');
    served.show(states.failing);
    await served.back();
    await expect.poll(() => headline(opened), { timeout: 20_000 }).toBe('Failing');
    await page.locator('#live').waitFor();
    expect(await page.locator('#lost').isVisible()).toBe(false);
  });

  test('a connection that is silent is taken for lost', async () => {
    const { page } = await show(states.inSync, { ownClock: true });
    await page.clock.fastForward(41_000);
    await page.getByRole('alert').waitFor();
  });

  test('a loop that is stuck, and so has no news, is found all the same', async () => {
    const opened = await show(states.inSync, { ownClock: true });
    opened.served.show(states.stuck, { silently: true });
    // A minute later by its clock; the next heartbeat takes its time.
    await opened.page.clock.setSystemTime(Date.now() + 61_000);
    await expect.poll(() => headline(opened), { timeout: 30_000 }).toBe('Stuck');
    expect(opened.served.streams()).toBe(1);
  });

  test('without JavaScript all of it can be read, and it says that it does not go on', async () => {
    const opened = await show(states.partial, { javaScriptEnabled: false });
    expect(await headline(opened)).toBe('Something needs you');
    expect(await itemsOf(opened)).toBe(9);
    expect(await opened.page.locator('#find').isVisible()).toBe(false);
    expect(await opened.page.locator('#end').innerText()).toContain(
      'Without JavaScript this page does not go on by itself',
    );
    await opened.page.locator('#unmanaged-list > summary').click();
    expect(await itemsOf(opened)).toBe(11);
  });

  test('a thousand services can be read, found and linked to', async () => {
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

  test('nothing moves for who wants no motion', async () => {
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
