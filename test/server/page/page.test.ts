import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import { spellAge } from '../../../src/server/page/age.ts';
import { renderPage } from '../../../src/server/page/page.ts';
import type { PageFacts } from '../../../src/server/page/page.ts';
import { script } from '../../../src/server/page/script.ts';
import { style } from '../../../src/server/page/style.ts';
import { findings, id, service } from '../../core/builders.ts';
import * as states from '../facts.ts';
import { health, hostileTexts, many, pageFacts, passes, report } from '../facts.ts';

/** The words of a part of the page, as a person reads them; of the whole of it where no section is named. */
function read(facts: PageFacts, section?: string): string {
  const page = renderPage(facts);
  const [, main = ''] = /<main>(.*)<\/main>/s.exec(page) ?? [];
  const [, part = ''] = section === undefined ? ['', main] : main.split(`<section id="${section}"`);
  const text = section === undefined ? part : part.slice(part.indexOf('>') + 1, part.indexOf('</section>'));
  return text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&rarr;', '→')
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll(/\s+/g, ' ')
    .replaceAll(' ,', ',')
    .trim();
}

describe('the state, since when, and why', () => {
  test.each([
    {
      state: 'in sync',
      facts: states.inSync,
      words:
        'In sync All 6 declared services are live as declared. Since 20 minutes ago Checked 12 seconds ago Next pass in 4 minutes',
    },
    {
      state: 'converged',
      facts: states.converged,
      words: 'Converged 1 service differed and was updated; all is live as declared. Since 12 seconds ago',
    },
    {
      state: 'drift pending',
      facts: states.drifted,
      words:
        'Drift pending 1 service differs from its declaration, and mode detect writes nothing. Since 12 seconds ago',
    },
    {
      state: 'something needs you',
      facts: states.partial,
      words:
        'Something needs you 1 update failed, the API keeps something else of 1 service, 1 update is withheld, 1 declared service is not live, 2 declarations are set aside, and files have 2 problems. Since',
    },
    {
      state: 'failing',
      facts: states.failing,
      words:
        'Failing The last 3 passes failed: GET /services: no answer within 30s (4 requests) transient · HTTP 503 Since 10 minutes ago',
    },
    {
      state: 'denied',
      facts: states.denied,
      words:
        'Denied The credential or the account was refused: Authentication error denied · HTTP 403 · code 10000 Since 12 seconds ago',
    },
    {
      state: 'interrupted',
      facts: states.interrupted,
      words: 'Interrupted The last pass did not come to its end: told to stop interrupted Since 12 seconds ago',
    },
    {
      state: 'starting',
      facts: states.starting,
      words:
        'Starting Not ready yet: no pass has read the folder and listed the account yet. Since 1 hour ago Next pass under way, by startup, begun 4 seconds ago',
    },
    {
      state: 'stuck',
      facts: states.stuck,
      words:
        'Stuck It does not move: the pass has been under way for 20m, and pass_timeout, 15m, did not end it. A restart would help. Since 20 minutes ago Checked 25 minutes ago',
    },
    {
      state: 'out of date',
      facts: states.stale,
      words:
        'Out of date Not to be relied on: a pass has been due for 16m, and is still under way. Checked 12 seconds ago',
    },
  ])('$state', ({ facts, words }) => {
    expect(read(facts, 'verdict').slice(0, words.length)).toBe(words);
  });

  test('the title of the window and its picture tell it, too', () => {
    expect(renderPage(states.failing)).toContain('<title>Failing · vpc-reconciler</title>');
    const icons = [states.inSync, states.failing].map(
      (facts) => /rel="icon" href="([^"]+)"/.exec(renderPage(facts))?.[1],
    );
    expect(icons).toEqual([expect.stringContaining('%2323864f'), expect.stringContaining('%23d0342c')]);
  });

  test.each([
    { declared: 0, words: 'No service is declared.' },
    { declared: 1, words: 'The declared service is live as declared.' },
    { declared: 2, words: 'All 2 declared services are live as declared.' },
  ])('$declared declared', ({ declared, words }) => {
    const services = Array.from({ length: declared }, (_, index) =>
      service({ service_id: id(index), name: `s${index}` }),
    );
    expect(
      read(pageFacts(report({ findings: findings({ declared: services, live: services }) })), 'verdict'),
    ).toContain(words);
  });

  test('what was in sync before all that is remembered has been so for longer', () => {
    const { latest } = states.inSync;
    if (latest === null) throw new Error('there is a report');
    const since = (past: Parameters<typeof passes>[1]) =>
      /Since .* ago Checked/.exec(read({ ...states.inSync, passes: passes(latest, past) }, 'verdict'))?.[0];
    expect(since([{ outcome: 'in_sync' }])).toBe('Since more than 5 minutes ago Checked');
    expect(since([{ outcome: 'in_sync', trigger: 'startup' }])).toBe('Since 5 minutes ago Checked');
    expect(since([{ outcome: 'converged', trigger: 'startup' }])).toBe('Since 5 minutes ago Checked');
    expect(since([{ outcome: 'failed' }])).toBe('Since 12 seconds ago Checked');
  });

  test.each([
    { next: 'at no time of its own', vitals: { timerAt: null }, words: 'Next pass when something changes' },
    { next: 'a while ago', vitals: { timerAt: 3_590_000 }, words: 'Next pass now' },
  ])('the next pass is due $next', ({ vitals, words }) => {
    expect(read({ ...states.inSync, health: health(vitals) }, 'verdict')).toContain(words);
  });
});

test.each([
  [0, 'now'],
  [1000, '1 second ago'],
  [59_400, '59 seconds ago'],
  [119_000, '1 minute ago'],
  [3_599_000, '59 minutes ago'],
  [172_799_000, '47 hours ago'],
  [172_800_000, '2 days ago'],
  [-40_000, 'in 40 seconds'],
  [-300_000, 'in 5 minutes'],
])('an age of %i ms is %s', (ms, words) => {
  expect(spellAge(ms)).toBe(words);
});

test('folder, commit, account, mode, the steps that went well and the watch are told', () => {
  expect(read(states.drifted, 'about')).toBe(
    'What runs here Folder /git/current/services 7 files Commit 4f9c1e7a Account 023e105f4ecef8ad9ca31a8372d0c353 Mode detect writes nothing Folder read 12 seconds ago Account listed 12 seconds ago Last good pass 12 seconds ago Last pass 320ms, by interval 1 request Watching by looking again and again the kernel has no more watches (ENOSPC) looked 4 seconds ago 2 changes came without an event Started 1 hour ago',
  );
  expect(renderPage(states.drifted)).toContain('title="4f9c1e7ab02d5e8833c1d6f0a9be27715c40d3e2"');
});

test('a commit that the last pass could not read is that of the last good one', () => {
  const unread = report({
    source: { path: 'services', revision: null, files: 0 },
    error: failure('source', 'no such folder'),
  });
  expect(read({ ...states.inSync, latest: unread }, 'about')).toContain('Commit 4f9c1e7a when it was last read');
  expect(read({ ...states.inSync, latest: unread, lastGood: null }, 'about')).toContain('Commit not known');
});

describe('services that are not in sync', () => {
  test('are told with what drifted, by field, and lists by element', () => {
    expect(read(states.drifted, 'due')).toBe(
      `To be updated 1 ~ orders-1 Drifted ${id(1)} orders-1.json:1 tcp_port 5432 → 5433 host.hostname orders-old.internal → orders.internal host.resolver_network.resolver_ips 10.0.0.53 10.0.0.55 10.0.0.54 10.0.0.56`,
    );
    expect(renderPage(states.drifted)).toMatch(/<del>10\.0\.0\.55<\/del>.*<ins>10\.0\.0\.56<\/ins>/s);
  });

  test('stand first where they need somebody, with the result, the reason and what the API said', () => {
    expect(read(states.partial, 'wrong')).toBe(
      [
        'Needs you 6',
        '! (no name) Set aside nothing is written for it no service_id services/notes.yaml:1 services/notes.yaml:1 expected a mapping that declares one service, found "just text"',
        `~ billing Update failed ${id(2)} services/billing.yaml:1 tcp_port 5432 → 1 tcp_port 1 is not allowed 3 requests · rejected · HTTP 400 · code 5101 · at /tcp_port · CF-Ray 8d1f0c2b3a4e5f60-FRA · documentation`,
        `~ reports Unsettled ${id(3)} services/reports.yaml:1 tcp_port 5432 → 3307 the API keeps something else: tcp_port 3306, not 3307`,
        `~ search Withheld ${id(4)} services/search.yaml:1 tcp_port 5432 → 9200 the credential was refused before its turn`,
        `? gone Missing declared, but not live ${id(5)} services/gone.yaml:1 an unmanaged service has the same name: ${id(9)}; was the service recreated?`,
        `! telemetry Set aside nothing is written for it ${id(6)} services/telemetry.yaml:1 services/telemetry.yaml:5 tcp_port: expected a port, a whole number from 1 to 65535, found 0`,
      ].join(' '),
    );
    expect(read(states.partial, 'updated')).toMatch(/^Updated 1 ~ orders-1 Updated /);
    expect(read(states.partial, 'verdict')).toMatch(
      /updated 1 failed 1 unsettled 1 withheld 1 missing 1 invalid 2 unmanaged 2$/,
    );
  });

  test('carry who made them drift, and the fields that this version does not know', () => {
    const { latest } = states.drifted;
    if (latest === null) throw new Error('there is a report');
    const services = latest.services.map((each) => ({
      ...each,
      cause: 'live' as const,
      unknown_fields: ['weight', 'color'],
    }));
    expect(read(pageFacts({ ...latest, services }), 'due')).toMatch(
      /Drifted it was changed live .* live fields that this version does not know: weight, color$/,
    );
  });

  test('can be linked to, each by an id of its own', () => {
    const twice = pageFacts(report({ findings: [...findings({ declared: [{}] }), ...findings({ declared: [{}] })] }));
    for (const facts of [states.partial, twice, states.hostile()]) {
      const ids = [...renderPage(facts).matchAll(/ id="([^"]*)"/g)].map(([, each]) => each);
      expect(ids).toEqual([...new Set(ids)]);
    }
    expect(renderPage(twice)).toContain(`<li id="${id(1)}"`);
  });
});

test('problems in files have their place and field', () => {
  expect(read(states.partial, 'problems')).toBe(
    'Problems in files 2 services/notes.yaml:1:1 expected a mapping that declares one service, found "just text" services/telemetry.yaml:5:15 tcp_port expected a port, a whole number from 1 to 65535, found 0',
  );
});

test('what is not declared is folded', () => {
  expect(read(states.partial, 'unmanaged')).toMatch(/^Not declared 2 .* left-over .* gone /);
  expect(renderPage(states.partial)).toContain('<details id="unmanaged-list">');
});

describe('after a pass that failed', () => {
  test('the page still shows what the last good one knew, and that it is old', () => {
    expect(read(states.failing, 'old')).toBe(
      'As the last good pass found it, 15 minutes ago It may have changed since, for no later pass could tell. Then it was partial: 1 updated, 1 failed, 1 unsettled, 1 withheld, 1 missing, 2 invalid, 2 unmanaged.',
    );
    expect(read(states.failing, 'wrong')).toMatch(/^Needs you 6, as last known/);
    expect(read(states.failing, 'problems')).toMatch(/^Problems in files 2, as last known/);
    expect(read(states.partial)).not.toContain('as last known');
  });

  test('problems that it read itself are not old', () => {
    const { latest } = states.failing;
    const [problem] = states.partial.latest?.problems ?? [];
    if (latest === null || problem === undefined) throw new Error('there is a problem');
    expect(read({ ...states.failing, latest: { ...latest, problems: [problem] } }, 'problems')).toMatch(
      /^Problems in files 1 services/,
    );
  });
});

test('recent passes are a chart that has words, and a table', () => {
  const { latest } = states.failing;
  if (latest === null) throw new Error('there is a report');
  expect(read(states.failing, 'passes')).toContain(
    '10 passes since 2026-11-24 11:14:48 UTC, the newest at the right; the tallest took 30s. in sync 5 converged 2 failed 3 As a table',
  );
  expect(read(states.failing, 'passes')).toMatch(
    /Requests 2026-11-24 11:59:17 UTC failed interval 30s 0 0 1 2026-11-24 11:54:17 UTC failed /,
  );
});

test('how a pass ended can be told from the shape of its bar, without its color', () => {
  const bars = renderPage(many(1)).matchAll(
    /<g class="(\w+)"\s*><title>[^<]*<\/title><path d="[^z]*z(?:M\S+ \d+)?([^"]*)"/g,
  );
  const shapes = new Map([...bars].map(([, outcome, mark]) => [outcome, mark]));
  expect(shapes.size).toBe(7);
  expect(new Set(shapes.values()).size).toBe(7);
});

describe('names and messages from outside', () => {
  const page = renderPage(states.hostile());

  test('are never markup', () => {
    const tags = new Set([...page.matchAll(/<([a-z0-9]+)/g)].map(([, tag]) => tag));
    expect(tags).not.toContain('img');
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/<[^>]*\s(on\w+|style)=/);
    expect(page).not.toMatch(/href="(?!\/|https:|data:image)/);
    expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
    for (const text of hostileTexts.slice(0, 4)) expect(page).not.toContain(text);
  });

  test('cannot hide or turn anything around', () => {
    expect(page).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    expect(page).toContain(String.raw`a\u{7}b\u{202e}gnp.exe\u{200b}`);
  });
});

test('a thousand services that differ are all there, in less than half a megabyte', () => {
  const page = renderPage(many());
  expect(page.match(/<li id="[^"]+" class="item warn"/g)).toHaveLength(1000);
  expect(page.length).toBeLessThan(500_000);
});

test('a page ends, whatever the folder holds', () => {
  const words = read(many(2001), 'due');
  expect(words).toMatch(/service-2000 .* and 1 more: the whole report$/);
  expect(words).not.toContain('service-2001');
});

test('nothing in a page needs what its policy forbids, and the rest of it is small', () => {
  for (const facts of [states.inSync, states.partial, many(3)]) {
    expect(renderPage(facts)).not.toMatch(/<style|<script(?! src="\/page\.js")|<[^>]*\s(style|on\w+)=/);
  }
  expect(style.length + script.length).toBeLessThan(16_000);
});
