import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import { compare } from '../../../src/core/compare/compare.ts';
import { formatAge } from '../../../src/server/page/relative-time.ts';
import { renderPage } from '../../../src/server/page/page.ts';
import { renderListPage } from '../../../src/server/page/sections/folded-list.ts';
import { inSyncList } from '../../../src/server/page/services/in-sync-services.ts';
import type { PageData } from '../../../src/server/page/page-data.ts';
import { browserScript } from '../../../src/server/page/browser-script.ts';
import { stylesheet } from '../../../src/server/page/stylesheet.ts';
import { findings, id, service } from '../../core/builders.ts';
import * as states from '../page-states.ts';
import { health, hostileTexts, many, pageData, passes, report } from '../page-states.ts';

/** Returns the text of a section as a person reads it, or of the whole page. */
function read(data: PageData, section?: string): string {
  const page = renderPage(data);
  const [, main = ''] = /<main>(.*)<\/main>/s.exec(page) ?? [];
  const [, part = ''] = section === undefined ? ['', main] : main.split(`<section id="${section}"`);
  const text = section === undefined ? part : part.slice(part.indexOf('>') + 1, part.indexOf('</section>'));
  return text
    .replaceAll('<wbr>', '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ (?=[,.] )/g, '')
    .trim();
}

const denied = states.denied.latest ?? report();

describe('the headline shows the state with its number, the reason, and since when', () => {
  test.each([
    {
      state: 'in sync',
      data: states.inSync,
      text: 'All 6 services in sync Since 20 minutes ago Checked 12 seconds ago Next pass in 4 minutes',
    },
    {
      state: 'converged',
      data: states.converged,
      text: '1 service updated Everything is in sync now. Checked 12 seconds ago Next pass',
    },
    {
      state: 'contested',
      data: states.contested,
      text: '2 services need attention Everything is in sync now, but another writer changes 2 services back again and again. Since 2 days ago Checked',
    },
    {
      state: 'drift detected',
      data: states.drifted,
      text: '1 service drifted Mode detect writes nothing. Checked 12 seconds ago',
    },
    { state: 'a thousand drifted', data: many(), text: '1,000 services drifted Mode detect writes nothing.' },
    { state: 'needs attention', data: states.partial, text: '6 services need attention Checked 12 seconds ago' },
    {
      state: 'failing',
      data: states.failing,
      text: 'The last 3 passes failed GET /services: no response within 30s (4 requests) transient · HTTP 503 Since 10 minutes ago Tried 12 seconds ago',
    },
    {
      state: 'access denied',
      data: states.denied,
      text: 'Access denied The API rejected the credential or the account: Authentication error HTTP 403 · code 10000 Tried 12 seconds ago',
    },
    {
      state: 'interrupted',
      data: states.interrupted,
      text: 'Interrupted told to stop Tried 12 seconds ago',
    },
    {
      state: 'starting',
      data: states.starting,
      text: 'Starting Not ready yet: no pass has read the folder and listed the account yet. Since 1 hour ago Pass in progress (startup), started 4 seconds ago',
    },
    {
      state: 'stuck',
      data: states.stuck,
      text: 'Stuck The reconcile loop makes no progress: the pass has been running for 20m, although pass_timeout is 15m. Restart the process. Checked 25 minutes ago Pass in progress (interval)',
    },
    {
      state: 'out of date',
      data: states.stale,
      text: 'Out of date The last result may no longer be true: a pass has been due for 16m and is still running. Checked 12 seconds ago',
    },
    {
      state: 'paused',
      data: states.paused,
      text: 'Paused: 1 service drifted All writes are paused until 2026-11-24 13:50:00 UTC: vendor migration. Since 10 minutes ago Checked 12 seconds ago',
    },
    {
      state: 'paused and in sync',
      data: { ...states.inSync, health: states.paused.health },
      text: 'Paused: all 6 services in sync All writes are paused until 2026-11-24 13:50:00 UTC',
    },
    {
      state: 'access denied again and again',
      data: { ...states.denied, passes: passes(denied, [{ outcome: 'denied' }, { outcome: 'denied' }]) },
      text: 'Access denied in the last 3 passes The API rejected',
    },
  ])('$state', ({ data, text }) => {
    expect(read(data, 'headline').slice(0, text.length)).toBe(text);
  });

  test('the title and icon of the browser tab show the state', () => {
    expect(renderPage(states.failing)).toContain('<title>The last 3 passes failed · vpc-reconciler</title>');
    const icons = [states.inSync, states.failing].map(
      (data) => /rel="icon" href="([^"]+)"/.exec(renderPage(data))?.[1],
    );
    expect(icons).toEqual([expect.stringContaining('%2323864f'), expect.stringContaining('%23d0342c')]);
  });

  test.each([
    { declared: 0, text: 'No services declared' },
    { declared: 1, text: '1 service in sync' },
    { declared: 2, text: 'All 2 services in sync' },
  ])('the title names $declared declared services', ({ declared, text }) => {
    const services = Array.from({ length: declared }, (_, index) =>
      service({ service_id: id(index), name: `s${index}` }),
    );
    expect(
      read(pageData(report({ findings: findings({ declared: services, live: services }) })), 'headline'),
    ).toContain(text);
  });

  test('a state that began before the oldest remembered pass is marked as older', () => {
    const { latest } = states.inSync;
    if (latest === null) throw new Error('expected a report');
    const since = (past: Parameters<typeof passes>[1]) =>
      /(Since .* ago )?Checked/.exec(read({ ...states.inSync, passes: passes(latest, past) }, 'headline'))?.[0];
    expect(since([{ outcome: 'in_sync' }])).toBe('Since more than 5 minutes ago Checked');
    expect(since([{ outcome: 'in_sync', trigger: 'startup' }])).toBe('Since 5 minutes ago Checked');
    expect(since([{ outcome: 'converged', trigger: 'startup' }])).toBe('Since 5 minutes ago Checked');
    expect(since([{ outcome: 'failed' }])).toBe('Checked');
  });

  test.each([
    { when: 'no pass is scheduled', vitals: { timerAt: null }, text: 'Next pass when a change is detected' },
    { when: 'a pass is overdue', vitals: { timerAt: 3_590_000 }, text: 'Next pass now' },
  ])('the next pass is described when $when', ({ vitals, text }) => {
    expect(read({ ...states.inSync, health: health(vitals) }, 'headline')).toContain(text);
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
])('an age of %i ms reads "%s"', (ms, text) => {
  expect(formatAge(ms)).toBe(text);
});

describe('the details', () => {
  test('show folder, commit, account and change detection, and nothing that the headline says', () => {
    expect(read(states.drifted, 'daemon-details')).toBe(
      'Daemon Folder /git/current/services 7 files Commit 4f9c1e7a Account 023e105f4ecef8ad9ca31a8372d0c353 Change detection periodic rescans the kernel has no more watches (ENOSPC) checked 4 seconds ago 2 changes missed by events Process started 1 hour ago',
    );
    expect(renderPage(states.drifted)).toContain('title="4f9c1e7ab02d5e8833c1d6f0a9be27715c40d3e2"');
    expect(read(states.inSync, 'daemon-details')).toContain('Mode apply');
  });

  test('show what was last read and listed after a pass that failed', () => {
    expect(read(states.failing, 'daemon-details')).toContain(
      'Folder read 12 seconds ago Account listed 15 minutes ago',
    );
  });

  test('repeat nothing before the first pass, and show what it has done', () => {
    expect(read(states.starting, 'daemon-details')).toBe('Daemon Change detection starting');
    const health = { ...states.starting.health, last_read: states.inSync.health.last_read };
    expect(read({ ...states.starting, health }, 'daemon-details')).toBe(
      'Daemon Folder read 12 seconds ago Change detection starting',
    );
  });

  test('show the mode while writes are paused, because the headline does not', () => {
    expect(read(states.paused, 'daemon-details')).toContain('Mode apply');
  });

  test('take the commit from the last good pass when the last pass could not read it', () => {
    const unreadable = report({
      source: { path: 'services', revision: null, files: 0 },
      error: failure('source', 'no such folder'),
    });
    expect(read({ ...states.inSync, latest: unreadable }, 'daemon-details')).toContain('Commit 4f9c1e7a as last read');
    expect(read({ ...states.inSync, latest: unreadable, lastGood: null }, 'daemon-details')).toContain(
      'Commit unknown',
    );
  });
});

describe('places in the files', () => {
  const linked: PageData = {
    ...states.partial,
    inSync: states.inSync.inSync,
    sourceUrl: ({ revision }, { file, line }) => `https://git.example.com/${revision}/${file}#L${line ?? 1}`,
  };
  const COMMIT = '4f9c1e7ab02d5e8833c1d6f0a9be27715c40d3e2';

  test('are links to the file at its commit, and the commit to the folder', () => {
    const page = renderPage(linked);
    expect(page).toContain(
      `<a href="https://git.example.com/${COMMIT}/services/billing.yaml#L1" rel="noreferrer"><code>services/billing.yaml:1</code></a>`,
    );
    expect(page).toContain(`https://git.example.com/${COMMIT}/orders-2.json#L1`);
    expect(page).toContain(`<a href="https://git.example.com/${COMMIT}" rel="noreferrer"><code title`);
  });

  test('are text if there is no address, or it is not a web address', () => {
    for (const sourceUrl of [() => null, () => 'javascript:alert(1)']) {
      expect(renderPage({ ...linked, sourceUrl })).not.toMatch(/<a href="(?!\/|https:\/\/developers)/);
    }
  });
});

describe('services that are not in sync', () => {
  test('are listed with each field that drifted, and lists by element', () => {
    expect(read(states.drifted, 'to-update')).toBe(
      `To update ~ orders-1 Drifted ${id(1)} orders-1.json:1 Field Live Declared tcp_port 5432 5433 host.hostname orders-old.internal orders.internal host.resolver_network.resolver_ips 10.0.0.53 10.0.0.55 10.0.0.54 10.0.0.53 10.0.0.54 10.0.0.56`,
    );
    expect(renderPage(states.drifted)).toMatch(/<del>10\.0\.0\.55<\/del>.*<ins>10\.0\.0\.56<\/ins>/s);
  });

  test('say how often another writer changed a contested service back, and since when', () => {
    const note = 'another writer has changed it back 3 times since 2026-11-22 09:00:00 UTC';
    const text = read(states.contested, 'needs-attention');
    expect(text).toMatch(
      new RegExp(`^Needs attention ~ orders-1 Contested, updated .* ${note} = orders-2 Contested, in sync`),
    );
    expect(text.endsWith(note)).toBe(true);
    expect(read(states.contested, 'counts')).toBe('2 contested 1 updated 5 in sync');
    expect(renderPage(states.contested)).toContain('data-kind="updated|contested"');
  });

  test('are listed first when they need attention, with the result, the reason, and the error of the API', () => {
    expect(read(states.partial, 'needs-attention')).toBe(
      [
        'Needs attention',
        '! (no name) Skipped the service is left alone no service_id services/notes.yaml:1 expected a mapping that declares one service, found "just text"',
        `~ billing Update failed ${id(2)} services/billing.yaml:1 Field Live Declared tcp_port 5432 1 tcp_port 1 is not allowed 3 attempts · rejected · HTTP 400 · code 5101 · at /tcp_port · CF-Ray 8d1f0c2b3a4e5f60-FRA · documentation`,
        `~ reports Unsettled ${id(3)} services/reports.yaml:1 Field Live Declared tcp_port 5432 3307 the API stored a different value: tcp_port is 3306, declared 3307`,
        `~ search Withheld ${id(4)} services/search.yaml:1 Field Live Declared tcp_port 5432 9200 the credential was refused before its turn`,
        `? gone Missing declared, but not live ${id(5)} services/gone.yaml:1 an unmanaged service has the same name: ${id(9)}; if it replaces this service, run: vpc-reconciler accept --ids ${id(9)}`,
        `! telemetry Skipped the service is left alone ${id(6)} services/telemetry.yaml:5 tcp_port: expected a port, a whole number from 1 to 65535, found 0`,
      ].join(' '),
    );
    expect(read(states.partial, 'updated')).toMatch(/^Updated ~ orders-1 Updated .* Field Live before Declared /);
    expect(read(states.partial, 'counts')).toBe(
      '1 failed 1 unsettled 1 missing 2 invalid 1 withheld 1 updated 2 unmanaged',
    );
  });

  test('are listed with the reason if the API lists them in a form that cannot be used', () => {
    const reason = 'item 2 of the list of services: expected the text "service_id", found 7';
    const item = { service_id: null, name: 'ghost', value: null, reason };
    const data = pageData(
      report({ findings: compare({ declarations: [], tombstones: [], skipped: [], problems: [] }, [item]) }),
    );
    expect(read(data, 'needs-attention')).toBe(
      `Needs attention ! ghost Skipped no service_id ${reason} the API lists it in a form that cannot be used; it is left alone`,
    );
    expect(read(data, 'headline')).toContain('1 service needs attention');
  });

  test('are listed with the cause of the drift and the fields that this version does not know', () => {
    const { latest } = states.drifted;
    if (latest === null) throw new Error('expected a report');
    const services = latest.services.map((each) => ({
      ...each,
      cause: 'live' as const,
      unknown_fields: ['weight', 'color'],
    }));
    expect(read(pageData({ ...latest, services }), 'to-update')).toMatch(
      /Drifted it was changed outside git .* live fields that this version does not know: weight, color$/,
    );
  });

  test('have unique anchors for links', () => {
    const twice = pageData(report({ findings: [...findings({ declared: [{}] }), ...findings({ declared: [{}] })] }));
    for (const data of [states.partial, twice, states.hostile()]) {
      const ids = [...renderPage(data).matchAll(/ id="([^"]*)"/g)].map(([, each]) => each);
      expect(ids).toEqual([...new Set(ids)]);
    }
    expect(renderPage(twice)).toContain(`<li id="${id(1)}"`);
  });
});

describe('problems in files', () => {
  const { latest } = states.partial;
  if (latest === null) throw new Error('expected a report');
  const more = { file: 'services/more.yaml', line: 3, column: 1, path: 'tcp_port', message: 'expected a port' };

  test('are listed with their place and field, unless a skipped service shows the problem as its reason', () => {
    expect(latest.problems).toHaveLength(2);
    expect(read(states.partial, 'file-problems')).toBe('');
    const data = pageData({ ...latest, problems: [...latest.problems, more] });
    expect(read(data, 'file-problems')).toBe('Problems in files services/more.yaml:3:1 tcp_port expected a port');
  });

  test('are in the headline if no service needs attention', () => {
    const { latest: inSync } = states.inSync;
    if (inSync === null) throw new Error('expected a report');
    expect(read(pageData({ ...inSync, outcome: 'partial', problems: [more] }), 'headline')).toMatch(
      /^1 problem in files Checked/,
    );
  });

  test('of the last good pass are marked after one that failed', () => {
    const data = { ...states.failing, lastGood: { ...latest, run_id: 'before', problems: [more] } };
    expect(read(data, 'file-problems')).toMatch(/^Problems in files, as last known services\/more/);
  });
});

test('a reason that several services share is in the headline, and not repeated', () => {
  const { latest } = many(3);
  if (latest === null) throw new Error('expected a report');
  const reason = 'the plan has 3 updates, max_changes is 2';
  const services = latest.services.map((each) => ({ ...each, result: 'withheld' as const, reason }));
  const data = pageData({ ...latest, mode: 'apply', outcome: 'partial', services });
  expect(read(data, 'headline')).toMatch(`3 services need attention 3 changes withheld: ${reason}. Checked`);
  expect(renderPage(data).split(reason)).toHaveLength(2);
});

test('unmanaged services are in a folded list', () => {
  expect(read(states.partial, 'unmanaged-services')).toMatch(/^Unmanaged .* left-over .* gone /);
  expect(renderPage(states.partial)).toContain('<details id="unmanaged-list">');
});

describe('services in sync', () => {
  test('are in a folded list, with id and place', () => {
    expect(read(states.inSync, 'in-sync-services')).toMatch(
      `In sync orders-1 ${id(1)} orders-1.json:1 orders-2 ${id(2)} orders-2.json:1`,
    );
    expect(renderPage(states.inSync)).toContain('<details id="in-sync-list">');
  });

  test('are a page of their own if there are many', () => {
    const page = renderPage(states.quiet());
    expect(page).not.toContain('service-7');
    expect(page).toContain('data-source="/in-sync"');
    const own = renderListPage(inSyncList(states.quiet()));
    expect(own.match(/<li class="item"/g)).toHaveLength(1000);
    expect(own).not.toMatch(/<style|<script|<[^>]*\s(style|on\w+)=/);
  });

  test('that are declared absent say so', () => {
    const data = pageData(report(), { inSync: [{ service_id: null, name: 'retired', file: 'old.yaml', line: 4 }] });
    expect(read(data, 'in-sync-services')).toBe('In sync retired absent, as declared old.yaml:4');
  });
});

test('a service that was created is not said to be missing, and a paused one is not said to be in sync', () => {
  const { latest } = states.converged;
  const [service] = latest?.services ?? [];
  if (latest === null || service === undefined) throw new Error('expected a service');
  const created = { ...service, finding: 'missing' as const, action: 'create' as const, result: 'created' as const };
  const data = pageData({ ...latest, counts: { ...latest.counts, paused: 1 }, services: [created] });
  expect(read(data, 'updated')).toMatch(/^Changed \+ orders-1 Created 0191/);
  expect(read(data, 'updated')).toContain('Field Declared tcp_port 5433');
  expect(read(data, 'headline')).toContain('Everything is in sync now, except 1 paused service.');
  const unsettled = { ...created, result: 'unsettled' as const };
  expect(read(pageData({ ...latest, services: [unsettled] }), 'needs-attention')).not.toContain('not live');
});

test('every count that is a button has as many items', () => {
  for (const data of [states.partial, states.drifted, states.converged, states.paused, states.inSync, many(3)]) {
    const page = renderPage(data);
    const kinds = [...page.matchAll(/<li[^>]* data-kind="([^"]*)"/g)].flatMap(([, each = '']) => each.split('|'));
    const folded = {
      'in sync': data.inSync.length,
      unmanaged: page.split(/id="unmanaged-list"/)[1]?.match(/<li/g)?.length,
    };
    for (const [, label = '', count] of page.matchAll(/data-filter="([^"]*)"[^>]*>\s*<b>(\d+)<\/b>/g)) {
      const found = kinds.filter((kind) => kind === label).length;
      expect({ label, found: found + (label === 'in sync' ? folded['in sync'] : 0) }).toEqual({
        label,
        found: label === 'unmanaged' ? 0 : Number(count),
      });
    }
  }
});

test.each([
  { when: 'no token is set', data: states.inSync, buttons: [] },
  { when: 'a token is set', data: states.quiet(), buttons: ['/api/reconcile Reconcile now', '/api/pause Pause'] },
  { when: 'writes are paused', data: states.paused, buttons: ['/api/reconcile Reconcile now', '/api/resume Resume'] },
])('the buttons are there for requests that are possible: $when', ({ data, buttons }) => {
  const found = renderPage(data).matchAll(/data-action="([^"]+)">([^<]+)/g);
  expect([...found].map(([, path, label]) => `${path} ${label}`)).toEqual(buttons);
});

describe('after a pass that failed', () => {
  test('the page shows the services of the last good pass and says that they are outdated', () => {
    expect(read(states.failing, 'outdated-notice')).toBe(
      'Services as of the last good pass, 15 minutes ago. They may have changed since.',
    );
    expect(read(states.failing, 'needs-attention')).toMatch(/^Needs attention ! /);
    expect(read(states.partial)).not.toContain('as last known');
  });

  test('problems that the failed pass found itself are current', () => {
    const { latest } = states.failing;
    if (latest === null) throw new Error('expected a report');
    const problem = { file: 'services/new.yaml', line: 1, column: 1, path: null, message: 'expected a mapping' };
    expect(read({ ...states.failing, latest: { ...latest, problems: [problem] } }, 'file-problems')).toBe(
      'Problems in files services/new.yaml:1:1 expected a mapping',
    );
  });
});

test('recent passes are shown as a strip with a description, and as a table', () => {
  expect(read(states.failing, 'recent-passes')).toContain(
    '10 passes since 2026-11-24 11:14:48 UTC, newest on the right in sync 5 converged 2 failed 3 Show as table',
  );
  expect(read(states.failing, 'recent-passes')).toMatch(
    /Requests 2026-11-24 11:59:17 UTC failed interval 30s 0 0 0 1 2026-11-24 11:54:17 UTC failed /,
  );
});

test('the number of passes is shown once if all have the same outcome', () => {
  expect(read({ ...states.inSync, passes: [states.quiet(1).passes[0] ?? denied] }, 'recent-passes')).toMatch(
    /320ms 1 pass since 2026-11-24 03:44:48 UTC in sync Show as table/,
  );
});

test('a single count is shown unless the title has it', () => {
  expect(read(states.inSync, 'counts')).toBe('');
  expect(read(many(8), 'counts')).toBe('');
  // The title is about the passes, so the number of services is nowhere else.
  const { inSync } = states;
  expect(read({ ...inSync, latest: states.failing.latest, passes: states.failing.passes }, 'counts')).toBe('6 in sync');
});

test('every outcome has its own shape in the strip, not only its own color', () => {
  const bars = renderPage(many(1)).matchAll(
    /<g class="(\w+)"\s*><title>[^<]*<\/title\s*><path d="[^z]*z(?:M\S+ \d+)?([^"]*)"/g,
  );
  const shapes = new Map([...bars].map(([, outcome, mark]) => [outcome, mark]));
  expect(shapes.size).toBe(7);
  expect(new Set(shapes.values()).size).toBe(7);
});

describe('names and messages from outside', () => {
  const page = renderPage(states.hostile());

  test('are never taken for markup', () => {
    const tags = new Set([...page.matchAll(/<([a-z0-9]+)/g)].map(([, tag]) => tag));
    expect(tags).not.toContain('img');
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/<[^>]*\s(on\w+|style)=/);
    expect(page).not.toMatch(/href="(?!\/|https:|data:image)/);
    expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
    for (const text of hostileTexts.slice(0, 4)) expect(page).not.toContain(text);
  });

  test('cannot hide text or change its direction', () => {
    expect(page).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    expect(page).toContain(String.raw`a\u{7}b\u{202e}gnp.exe\u{200b}`);
  });
});

test('a page with a thousand drifted services lists all of them in less than 500 kB', () => {
  const page = renderPage(many());
  expect(page.match(/<li id="[^"]+" class="item warn"/g)).toHaveLength(1000);
  expect(page.length).toBeLessThan(500_000);
});

test('a list ends after 2,000 items and says how many are missing', () => {
  const text = read(many(2001), 'to-update');
  expect(text).toMatch(/service-2000 .* and 1 more; see the latest report$/);
  expect(text).not.toContain('service-2001');
});

test('the page has no inline styles or scripts, and its stylesheet and script are small', () => {
  for (const data of [states.inSync, states.partial, many(3)]) {
    expect(renderPage(data)).not.toMatch(/<style|<script(?! src="\/page\.js")|<[^>]*\s(style|on\w+)=/);
  }
  expect(stylesheet.length + browserScript.length).toBeLessThan(22_000);
});

const sourceUrl: PageData['sourceUrl'] = ({ revision }, { file, line }) =>
  `https://github.com/example/network/blob/${revision}/${file}#L${line}`;

test('a quiet page takes at most 60 kB with everything that it loads, however many services there are', () => {
  const long = 'x'.repeat(255);
  const longNames = states.quiet(40).inSync.map((service) => ({ ...service, name: long, file: `${long}.yaml` }));
  for (const data of [
    states.neverDeclared,
    ...[6, 10, 14, 40, 50, 900, 1000].map((number) => states.quiet(number)),
    ...[1, 10, 20, 50, 900].map((number) => states.unmanaged(number)),
    { ...states.unmanaged(20), inSync: states.quiet(14).inSync },
    { ...states.quiet(40), inSync: longNames },
  ]) {
    const page = renderPage({ ...data, acceptsToken: true, sourceUrl });
    expect(Buffer.byteLength(page + stylesheet + browserScript)).toBeLessThan(60_000);
  }
});
