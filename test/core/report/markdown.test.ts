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
import { facts, findings, http, id, live, planOptions, service, tcp } from '../builders.ts';

const render = (given: Partial<PassFacts>) => renderMarkdown(toReport(facts({ mode: 'plan', ...given })));

/** Decodes the entities. */
const read = (text: string) => text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));

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
  expect(read(render({ findings: found, problems: declared.problems })).split('\n')).toEqual([
    '### VPC services plan: partial',
    '',
    '1 to update, 1 missing, 1 invalid, 1 unmanaged',
    '',
    '<details><summary>✏️ <b><code>db</code></b> to be updated: tcp_port</summary>',
    '',
    `<code>${id(1)}</code> · <code>services/db.yaml:1</code>`,
    '',
    '| field | live | declared |',
    '|---|---|---|',
    '| <code>tcp_port</code> | <code>5432</code> | <code>1</code> |',
    '',
    'Unknown fields: <code>weight</code>',
    '',
    '</details>',
    '',
    '<details><summary>❌ <b><code>bad</code></b> skipped</summary>',
    '',
    `<code>${id(2)}</code> · <code>services/bad.yaml:1</code>`,
    '',
    '</details>',
    '',
    '<details><summary>❓ <b><code>gone</code></b> declared but not live</summary>',
    '',
    `<code>${id(3)}</code> · <code>services/gone.yaml:1</code>`,
    '',
    '<code>create the service and declare its id, or remove the declaration</code>',
    '',
    '</details>',
    '',
    '**Problems**',
    '',
    '- <code>services/bad.yaml:1:184 http_port: expected a port, a whole number from 1 to 65535, found 0</code>',
    '',
    '**Live but not declared**',
    '',
    `- <code>other</code> <code>${id(9)}</code>`,
    '',
    '',
  ]);
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
    expect(read(render({ findings: drift, ...given }))).toContain(`</b> ${headline}</summary>`);
  });

  test('omits a reason that withholds several services, which is shown once above them', () => {
    const two = findings({ declared: TWO.map((each) => ({ ...each, tcp_port: 1 })), live: TWO });
    const text = read(render({ findings: two, plan: plan(two, planOptions({ maxChanges: 1 })) }));
    expect(text.split('\n\n').slice(2, 4)).toEqual([
      expect.stringMatching(/^\*\*2 withheld:\*\* <code>the plan has 2 updates .* apply --max-changes 2<\/code>$/),
      '<details><summary>✏️ <b><code>a</code></b> withheld: tcp_port</summary>',
    ]);
    expect(text.match(/the plan has 2 updates/g)).toHaveLength(1);
  });

  test('includes the cause if it is known', () => {
    const report = toReport(facts({ findings: drift, mode: 'plan' }));
    const services = report.services.map((each) => ({ ...each, cause: 'live' as const }));
    expect(read(renderMarkdown({ ...report, services }))).toContain('tcp_port; it was changed outside git</summary>');
  });
});

test('escapes markup in names and values', () => {
  const name = '<img src=x> | `**@octocat** #1 [a](b) </code> & _x_\n# h';
  const hostile: JsonObject = { name, host: { hostname: 'a`b|c', resolver_network: { tunnel_id: id(5) } } };
  const text = render({ findings: findings({ declared: [{ tcp_port: 1, name: 'x' }], live: [hostile] }) });
  expect(text).not.toMatch(/<img|\*\*@|\[a\]|`|_x_|\n# h|@/);
  expect(text.match(/<\/?(?!details|summary|code|b)\w+/g)).toBeNull();
  expect(read(text)).toContain(JSON.stringify(name).slice(1, 20));
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
  expect(read(render({ error: failure('denied', 'HTTP 403: Forbidden') }))).toContain(
    '### VPC services plan: denied\n\n<code>HTTP 403: Forbidden</code>',
  );
});

test('renders a service without a name and an id', () => {
  const declared = collect([parseFile('services/text.yaml', 'text')]);
  const text = read(render({ findings: compare(declared, []), problems: declared.problems }));
  expect(text).toContain('<code>(no name)</code>');
  expect(text).toContain('<code>no service_id</code>');
});

test('renders an unusable item of the list with its reason, and without a file', () => {
  const reason = 'item 1 of the list of services: expected a service, found nothing';
  const text = read(
    render({ findings: compare(collect([]), [{ service_id: null, name: null, value: null, reason }]) }),
  );
  expect(text).toContain('❌ <b><code>(no name)</code></b> skipped');
  expect(text).toContain('\n<code>no service_id</code>\n');
  expect(text).toContain(`<code>${reason}</code>`);
});
