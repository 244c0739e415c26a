import type { Health } from '../../core/report/health.ts';
import type { Report } from '../../core/report/report.ts';
import { numbersOf, sizesOf, wordsOf } from '../../core/report/text.ts';
import { renderAbout, renderAsOf } from './about.ts';
import { renderAge } from './age.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { nowOf } from './page-facts.ts';
import type { PageFacts } from './page-facts.ts';
import { renderPasses } from './passes.ts';
import { renderFailure, renderProblems, renderServices, renderUnmanaged } from './services.ts';
import type { Age } from './services.ts';
import { iconOf, renderSign, TONES } from './signs.ts';
import { judge, spellNumber } from './verdict.ts';
import type { Verdict } from './verdict.ts';

export type { PageFacts } from './page-facts.ts';

/**
 * The status page: is it in sync, and if not, why? A whole document, complete without its script, which keeps it up to date. The sections of
 * `main` are always the same, so that the script can exchange those that changed.
 */
export function renderPage(facts: PageFacts): string {
  const verdict = judge(facts);
  const { state, title } = verdict;
  const { lastGood } = facts;
  const { version } = facts.health;
  const age = { isOld: isOld(facts) };
  const main = html`${renderVerdict(verdict, facts)}${renderAbout(facts)}${renderFind()}${renderOld(facts)}${renderServices(lastGood, age)}${renderProblemsOf(facts, age)}${renderUnmanaged(lastGood, age)}${renderPasses(facts.passes)}${renderEnd(facts)}`;
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title} · vpc-reconciler</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href="${iconOf(state)}" />
        <link rel="stylesheet" href="/page.css" />
        <script src="/page.js" defer></script>
      </head>
      <body>
        <header>
          <p id="program">vpc-reconciler <small>${version}</small></p>
          <p id="live" hidden>Live</p>
        </header>
        <div id="lost" hidden>
          <p role="alert"></p>
          <p>What you see was so at <span id="seen"></span>, <time class="age"></time>.</p>
        </div>
        <p id="said" class="unseen" role="status"></p>
        <main>${main}</main>
      </body>
    </html>`.text
  }\n`;
}

function renderVerdict({ state, title, reason, since }: Verdict, facts: PageFacts): Html {
  const { health, latest, lastGood } = facts;
  const now = nowOf(facts);
  const times = html`${since === null ? null : time('Since', html`${since.orEarlier ? 'more than ' : null}${renderAge(since.at, now)}`)}${latest === null ? null : time('Checked', renderAge(latest.finished_at, now))}${time('Next pass', renderNext(health, now))}`;
  return html`<section id="verdict" class="${TONES[state]}">
    <div class="state">
      ${renderSign(state)}
      <h1>${title}</h1>
    </div>
    <p class="reason">${reason}</p>
    ${renderFailure(latest?.error ?? null)}
    <dl class="times">${times}</dl>
    ${isOld(facts) ? null : renderNumbers(lastGood)}
  </section>`;
}

function time(term: string, description: Html): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${description}</dd>
  </div>`;
}

function renderNext({ pass, next_pass: next }: Health, now: number): Html {
  if (pass !== null)
    return html`<span class="busy">under way</span>, by ${pass.trigger}, begun ${renderAge(pass.at, now)}`;
  if (next === null) return html`when something changes`;
  return renderAge(next.at, now, { next: true });
}

/** A single number has been told in words. */
function renderNumbers(report: Report | null): Html | null {
  const all = report === null ? [] : numbersOf(report);
  if (all.length < 2) return null;
  const numbers = all.map(
    ({ number, of }) =>
      html`<div>
        <dt>${of}</dt>
        <dd>${spellNumber(number)}</dd>
      </div>`,
  );
  return html`<dl class="numbers">${numbers}</dl>`;
}

/** Whether what is known of the services is not from the last pass. */
function isOld({ latest, lastGood }: PageFacts): boolean {
  return lastGood !== null && lastGood.run_id !== latest?.run_id;
}

/** Says that what follows is not from the last pass, which knew nothing of it. */
function renderOld(facts: PageFacts): Html {
  const { lastGood } = facts;
  if (lastGood === null || !isOld(facts)) return html`<section id="old" hidden></section>`;
  return html`<section id="old">
    <h2>As the last good pass found it, ${renderAge(lastGood.finished_at, nowOf(facts))}</h2>
    <p>
      It may have changed since, for no later pass could tell. Then it was ${wordsOf(lastGood.outcome)}:
      ${sizesOf(lastGood)}.
    </p>
  </section>`;
}

/** A pass that read the folder and then failed knows what is wrong in it. */
function renderProblemsOf({ latest, lastGood }: PageFacts, age: Age): Html {
  const problems = latest?.problems ?? [];
  return problems.length > 0
    ? renderProblems(problems, { isOld: false })
    : renderProblems(lastGood?.problems ?? [], age);
}

/** Of use only with the script, which shows it. */
function renderFind(): Html {
  return html`<section id="find" hidden>
    <search>
      <label for="filter">Filter</label
      ><input
        id="filter"
        type="search"
        autocomplete="off"
        spellcheck="false"
        placeholder="name, id, file, field&hellip;"
        aria-keyshortcuts="/"
        aria-describedby="filter-count"
      /><kbd aria-hidden="true">/</kbd>
    </search>
    <p id="filter-count" role="status"></p>
  </section>`;
}

function renderEnd(facts: PageFacts): Html {
  return html`<section id="end">
    <p>
      As of ${renderAsOf(facts)}.<noscript>
        Without JavaScript this page does not go on by itself: <a href="/">load it again</a>.</noscript
      >
    </p>
    <ul>
      <li><a href="/api/report">Report as JSON</a></li>
      <li><a href="/api/reports">Recent reports</a></li>
      <li><a href="/metrics">Metrics</a></li>
      <li><a href="/readyz">Ready?</a></li>
    </ul>
  </section>`;
}
