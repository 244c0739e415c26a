import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { compare } from '../../../src/core/compare/compare.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import { renderMarkdown } from '../../../src/core/report/markdown.ts';
import { toReport } from '../../../src/core/report/report.ts';
import type { PassFacts } from '../../../src/core/report/report.ts';
import { contests, facts, findings, http, id, live, planOptions, service, tcp } from '../builders.ts';

const render = (given: Partial<PassFacts>) => renderMarkdown(toReport(facts({ mode: 'plan', ...given })));

test.for([
  ['plan', '**This change stops managing, and leaves alone**'],
  ['detect', '**No longer declared, left alone**'],
] as const)('lists services that are no longer declared first, in mode %s', ([mode, heading]) => {
  const undeclared = new Map([[id(1), { name: 'db', file: 'services/db.yaml' }]]);
  const found = findings({ live: [{}, { service_id: id(9), name: 'other' }] });
  const text = render({ mode, findings: found, undeclared });
  expect(text).toContain(`${heading}\n\n- \`db\` \`${id(1)}\` · \`services/db.yaml\`\n\n**Live but not declared**`);
  expect(text).toContain(`**Live but not declared**\n\n- \`other\` \`${id(9)}\`\n`);
});

test('renders how often a contested service was changed back, and since when', () => {
  const contested = 'Contested: another writer has changed it back 3 times since 2026-11-22T09:00:00.000Z';
  const drifted = findings({ declared: [{ tcp_port: 1 }], live: [{}] });
  expect(render({ findings: drifted, contests: contests(id(1)) })).toContain(contested);
  const text = render({ findings: findings({ declared: [{}], live: [{}] }), contests: contests(id(1)) });
  expect(text).toContain('**✅ `db`** in sync\n');
  expect(text).toContain(contested);
});

test('renders a title, a block for each service, the problems and the unmanaged services', () => {
  const declared = collect([
    parseFile('services/db.yaml', JSON.stringify({ ...tcp, tcp_port: 1 })),
    parseFile('services/bad.yaml', JSON.stringify({ ...http, service_id: id(2), name: 'bad', http_port: 0 })),
    parseFile('services/gone.yaml', JSON.stringify({ ...http, service_id: id(3), name: 'gone' })),
  ]);
  const found = compare(declared, [
    live(service({ weight: 3 })),
    live({ ...http, name: 'bad' }),
    live({ service_id: id(9), name: 'other' }),
  ]);
  expect(render({ findings: found, problems: declared.problems }).split('\n')).toEqual([
    '### VPC services plan for `services`: partial',
    '',
    'Account `account`',
    '',
    '1 to update, 1 missing, 1 invalid, 1 unmanaged',
    '',
    '**✏️ `db`** to be updated: tcp_port',
    '',
    `\`${id(1)}\` · \`services/db.yaml:1\``,
    '',
    '```diff',
    '- tcp_port: 5432',
    '+ tcp_port: 1',
    '```',
    '',
    'Unknown fields: `weight`',
    '',
    '**❌ `bad`** skipped',
    '',
    `\`${id(2)}\` · \`services/bad.yaml:1\``,
    '',
    '**❓ `gone`** declared but not live',
    '',
    `\`${id(3)}\` · \`services/gone.yaml:1\``,
    '',
    '`to create it, remove the service_id and set policy to upsert; or remove the declaration`',
    '',
    '**Problems**',
    '',
    '- `services/bad.yaml:1:184 http_port: expected a port, a whole number from 1 to 65535, found 0`',
    '',
    '**Live but not declared**',
    '',
    `- \`other\` \`${id(9)}\``,
    '',
    '',
  ]);
});

describe('the heading', () => {
  const source = { path: 'berlin', revision: '8f2c1d0', files: 1 };

  test('names the folder, the account and the commit', () => {
    expect(render({ source, account_id: 'a1' }).split('\n').slice(0, 3)).toEqual([
      '### VPC services plan for `berlin`: in sync',
      '',
      'Account `a1` · commit `8f2c1d0`',
    ]);
  });

  test('begins with the given title', () => {
    const text = renderMarkdown(toReport(facts({ mode: 'plan', source, account_id: 'a1' })), {
      title: 'Berlin *prod*',
    });
    expect(text.split('\n').slice(0, 3)).toEqual([
      '### Berlin &#42;prod&#42;: in sync',
      '',
      'Folder `berlin` · account `a1` · commit `8f2c1d0`',
    ]);
  });
});

/** Renders the only change of a service. */
const change = (live: JsonObject, declared: JsonObject) =>
  /```diff\n([^]*?)\n```/.exec(render({ findings: findings({ declared: [declared], live: [live] }) }))?.[1];

const host = (...resolver_ips: readonly string[]) => ({
  host: {
    hostname: 'db.internal',
    resolver_network: { tunnel_id: tcp.host.resolver_network.tunnel_id, resolver_ips },
  },
});

describe('changes', () => {
  test('have one line for a field that is unset on one side', () => {
    expect(change({ app_protocol: 'mysql' }, { tcp_port: 5432 })).toBe('- app_protocol: mysql');
    expect(change({}, { app_protocol: 'mysql' })).toBe('+ app_protocol: mysql');
  });

  test('of lists are shown by element', () => {
    expect(change(host('10.0.0.1', '10.0.0.2'), host('10.0.0.2', '10.0.0.3'))?.split('\n')).toEqual([
      '  host.resolver_network.resolver_ips:',
      '-   - 10.0.0.1',
      '    - 10.0.0.2',
      '+   - 10.0.0.3',
    ]);
  });

  test('that look alike are escaped', () => {
    expect(change({ name: 'orders\u00a0db' }, { name: 'orders db' })).toBe(
      String.raw`- name: "orders\u{a0}db"${'\n'}+ name: "orders db"`,
    );
    expect(change({ name: 'cafe\u0301' }, { name: 'caf\u00e9' })).toBe(
      String.raw`- name: "cafe\u{301}"${'\n'}+ name: "caf\u{e9}"`,
    );
  });

  test('stay inside their fence, whatever they contain', () => {
    const text = render({ findings: findings({ declared: [{}], live: [{ name: 'a\n````\n# b' }] }) });
    expect(text).toContain('\n`````diff\n- name: "a\\n````\\n# b"\n+ name: db\n`````\n');
  });
});

test('folds the services if there are more than ten', () => {
  const services = Array.from({ length: 11 }, (_, index) => ({ service_id: id(index + 1), name: `<s>${index}` }));
  const text = (count: number) => {
    const live = services.slice(0, count);
    return render({ findings: findings({ declared: live.map((each) => ({ ...each, tcp_port: 1 })), live }) });
  };
  expect(text(10)).not.toContain('<details>');
  expect(text(11).match(/^<details>.*$/gm)).toHaveLength(11);
  expect(text(11)).toContain(
    '<details><summary>✏️ <b><code>&#60;s&#62;0</code></b> to be updated: tcp_port</summary>\n\n',
  );
});

test('renders the same text for the same result, whatever the times are', () => {
  const given = { findings: findings({ declared: [{ tcp_port: 1 }], live: [{}] }) };
  expect(render({ ...given, duration_ms: 7, started_at: 'x', finished_at: 'y', run_id: 'z' })).toBe(render(given));
});

const TWO = [
  { service_id: id(1), name: 'a' },
  { service_id: id(2), name: 'b' },
];

describe('the headline of a service', () => {
  const drift = findings({ declared: [{ tcp_port: 1 }], live: [{}] });
  test.for<{ given: Partial<PassFacts>; headline: string }>([
    { given: {}, headline: 'to be updated: tcp_port' },
    { given: { mode: 'detect' }, headline: 'to be updated: tcp_port' },
    { given: { mode: 'apply' }, headline: 'not started: tcp_port' },
    {
      given: { mode: 'apply', outcomes: new Map([[id(1), { result: 'updated', attempts: 1 }]]) },
      headline: 'updated: tcp_port',
    },
    {
      given: {
        mode: 'apply',
        outcomes: new Map([[id(1), { result: 'failed', attempts: 1, failure: failure('rejected', 'no') }]]),
      },
      headline: 'failed: tcp_port',
    },
    { given: { plan: plan(drift, planOptions({ maxChanges: 0 })) }, headline: 'withheld: tcp_port' },
  ])('reads: $headline', ({ given, headline }) => {
    expect(render({ findings: drift, ...given })).toContain(`\`** ${headline}\n`);
  });

  test('omits a reason that withholds several services, which is shown once above them', () => {
    const two = findings({ declared: TWO.map((each) => ({ ...each, tcp_port: 1 })), live: TWO });
    const text = render({ findings: two, plan: plan(two, planOptions({ maxChanges: 1 })) });
    expect(text.split('\n\n').slice(3, 5)).toEqual([
      expect.stringMatching(/^\*\*2 withheld:\*\* `the plan has 2 updates .* apply --max-changes 2`$/),
      '**✏️ `a`** withheld: tcp_port',
    ]);
    expect(text.match(/the plan has 2 updates/g)).toHaveLength(1);
  });

  test('includes the cause if it is known', () => {
    const report = toReport(facts({ findings: drift, mode: 'plan' }));
    const services = report.services.map((each) => ({ ...each, cause: 'live' as const }));
    expect(renderMarkdown({ ...report, services })).toContain('tcp_port; it was changed outside git\n');
  });
});

test.for([
  [
    '<img src=x> | `**@octocat** #1 [a](b) </code> & _x_\n# h',
    '``<img src=x> | `**@octocat** #1 [a](b) </code> & _x_\\u{a}# h``',
  ],
  ['`a', '`` `a ``'],
  ['a``', '``` a`` ```'],
  [' a', '`  a `'],
])('keeps the name %j inside its code span', ([name = '', span]) => {
  const text = render({ findings: findings({ live: [{ name }] }) });
  expect(text).toContain(`\n- ${span} \`${id(1)}\`\n`);
});

test('limits the length to that of a comment, and says how much is omitted', () => {
  const services = Array.from({ length: 1000 }, (_, index) => ({
    service_id: id(index + 1),
    name: `service-${index}`,
  }));
  const many = render({
    findings: findings({
      declared: services.map((each) => ({ ...each, tcp_port: 1 })),
      live: [
        ...services,
        ...services.map((each) => ({ service_id: each.service_id.replace(/^./, '9'), name: `u-${each.name}` })),
      ],
    }),
    problems: Array.from({ length: 1000 }, (_, line) => ({
      file: 'a.yaml',
      line,
      column: 1,
      path: null,
      message: 'no',
    })),
  });
  expect(many.length).toBeLessThan(65_536);
  expect(many).toMatch(/… and \d+ more services\./);
  expect(many.match(/- … and \d+ more/g)).toHaveLength(2);
});

test('renders why a pass ended early', () => {
  expect(render({ error: failure('denied', 'HTTP 403: Forbidden') })).toContain(
    '### VPC services plan for `services`: denied\n\nAccount `account`\n\n`HTTP 403: Forbidden`',
  );
});

test('renders a service without a name and an id', () => {
  const declared = collect([parseFile('services/text.yaml', 'text')]);
  const text = render({ findings: compare(declared, []), problems: declared.problems });
  expect(text).toContain('`(no name)`');
  expect(text).toContain('`no service_id`');
});

test('renders an unusable item of the list with its reason, and without a file', () => {
  const reason = 'item 1 of the list of services: expected a service, found nothing';
  const text = render({ findings: compare(collect([]), [{ service_id: null, name: null, value: null, reason }]) });
  expect(text).toContain('**❌ `(no name)`** skipped');
  expect(text).toContain('\n`no service_id`\n');
  expect(text).toContain(`\`${reason}\``);
});
