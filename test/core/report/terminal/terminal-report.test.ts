import { describe, expect, test } from 'vitest';
import { failure } from '../../../../src/core/base/failure.ts';
import type { Json, JsonObject } from '../../../../src/core/base/json.ts';
import { compare } from '../../../../src/core/compare/compare.ts';
import { collect } from '../../../../src/core/load/collect.ts';
import { parseFile } from '../../../../src/core/load/parse-file.ts';
import { renderProblem } from '../../../../src/core/load/problem.ts';
import { emptyMemory } from '../../../../src/core/plan/memory.ts';
import type { Outcome } from '../../../../src/core/plan/outcome.ts';
import { plan } from '../../../../src/core/plan/plan.ts';
import { remember } from '../../../../src/core/plan/remember.ts';
import type { PassOutcome } from '../../../../src/core/report/pass.ts';
import { toReport } from '../../../../src/core/report/report.ts';
import type { PassFacts } from '../../../../src/core/report/report.ts';
import type { Paint } from '../../../../src/core/report/terminal/style.ts';
import { renderLogLine, renderReport, renderTotals } from '../../../../src/core/report/terminal/terminal-report.ts';
import { wrapLine } from '../../../../src/core/report/terminal/wrap.ts';
import { contests, facts, findings, http, id, live, planOptions, service, tcp, tunnel } from '../../builders.ts';

const plain: Paint = (_, text) => text;
const colored: Paint = (_, text) => `\u001B[33m${text}\u001B[39m`;
const tagged: Paint = (style, text) => `<${style}>${text}</${style}>`;

const render = (given: Partial<PassFacts>) => renderReport(toReport(facts(given)), { paint: plain, columns: Infinity });
const totals = (given: Partial<PassFacts>, paint = plain) => renderTotals(toReport(facts(given)), paint);
const outcomes = (outcome: Outcome) => new Map([[id(1), outcome]]);

const drift = findings({ declared: [{ tcp_port: 1 }], live: [{}] });
const inSync = findings({ declared: [{}], live: [{}] });
const updated: Outcome = { result: 'updated', attempts: 1 };

test('renders the services, then the problems, then the totals', () => {
  const files = [
    parseFile(
      'services/db.yaml',
      JSON.stringify({ ...tcp, tcp_port: 1, host: { ...tcp.host, hostname: 'db.example' } }),
    ),
    parseFile('services/bad.yaml', JSON.stringify({ ...http, service_id: id(2), name: 'bad', http_port: 0 })),
    parseFile('services/gone.yaml', JSON.stringify({ ...http, service_id: id(3), name: 'gone' })),
    parseFile('services/text.yaml', 'text'),
  ];
  const declared = collect(files);
  const found = compare(declared, [
    live(service({ weight: 3 })),
    live({ ...http, name: 'bad' }),
    live({ service_id: id(9), name: 'gone' }),
  ]);
  expect(render({ findings: found, problems: declared.problems, outcomes: outcomes(updated) }).split('\n')).toEqual([
    '! (no name)  no service_id  services/text.yaml:1  skipped: the declaration has problems',
    `~ db  ${id(1)}  services/db.yaml:1`,
    '    tcp_port       5432 → 1',
    '    host.hostname  db.internal → db.example',
    '    keeps unknown fields: weight',
    '  = updated',
    `! bad  ${id(2)}  services/bad.yaml:1  skipped: the declaration has problems`,
    `? gone  ${id(3)}  services/gone.yaml:1  declared but not live; an unmanaged service has the same name: ${id(9)}; if it replaces this service, run: vpc-reconciler accept --ids ${id(9)}`,
    `· gone  ${id(9)}  live but not declared; left alone`,
    'services/bad.yaml:1:184 http_port: expected a port, a whole number from 1 to 65535, found 0',
    'services/text.yaml:1:1 expected a mapping that declares one service, found "text"',
    'partial: 1 updated, 1 missing, 2 invalid, 1 unmanaged (1000 ms, 1 request)',
  ]);
});

test('renders a missing service with what to do', () => {
  expect(render({ findings: findings({ declared: [{}] }) })).toBe(
    `? db  ${id(1)}  db.json:1  declared but not live; to create it, remove the service_id and set policy to upsert; or remove the declaration\npartial: 1 missing (1000 ms, 1 request)`,
  );
});

describe('renders a drifted service that', () => {
  const reason = { ...failure('transient', 'HTTP 502'), ray: '8f-TXL' };
  test.for<{ what: string; given: Partial<PassFacts>; line: string | undefined }>([
    { what: 'was updated', given: { outcomes: outcomes(updated) }, line: '  = updated' },
    {
      what: 'was updated after retries',
      given: { outcomes: outcomes({ ...updated, attempts: 3 }) },
      line: '  = updated (3 requests)',
    },
    {
      what: 'failed with a response',
      given: { outcomes: outcomes({ result: 'failed', attempts: 4, failure: reason }) },
      line: '  ! failed: HTTP 502 (CF-Ray 8f-TXL) (4 requests)',
    },
    {
      what: 'failed without a response',
      given: { outcomes: outcomes({ result: 'failed', attempts: 1, failure: failure('transient', 'timeout') }) },
      line: '  ! failed: timeout',
    },
    {
      what: 'is unsettled',
      given: {
        outcomes: outcomes({
          result: 'unsettled',
          attempts: 1,
          service_id: id(1),
          paths: ['tcp_port'],
          stored: new Map(),
          unknown: new Map(),
        }),
      },
      line: '  ! unsettled: the API stored a different value: tcp_port is unset, declared 1',
    },
    {
      what: 'was not started',
      given: { outcomes: outcomes({ result: 'withheld', attempts: 0, reason: 'stopped' }) },
      line: '  ! withheld: stopped',
    },
    { what: 'is planned', given: { mode: 'plan' }, line: '  = to be updated' },
    { what: 'is detected', given: { mode: 'detect' }, line: '  = to be updated' },
    { what: 'has no result', given: {}, line: undefined },
  ])('$what', ({ given, line }) => {
    const lines = render({ findings: drift, ...given }).split('\n');
    expect(lines.slice(0, 2)).toEqual([`~ db  ${id(1)}  db.json:1`, '    tcp_port  5432 → 1']);
    expect(lines.slice(2, -1)).toEqual(line === undefined ? [] : [line]);
  });

  test.for([
    ['its declaration changed', { declared: [{ tcp_port: 1 }], live: [{}] }],
    ['it was changed outside git', { declared: [{}], live: [{ tcp_port: 1 }] }],
    ['both sides changed', { declared: [{ tcp_port: 1 }], live: [{ tcp_port: 2 }] }],
  ] as const)('drifted because %s', ([cause, sides]) => {
    const [line] = render({
      findings: findings(sides),
      memory: remember({ findings: inSync, outcomes: new Map(), memory: emptyMemory, now: 0 }),
    }).split('\n');
    expect(line).toBe(`~ db  ${id(1)}  db.json:1  ${cause}`);
  });
});

test('a contested service says how often and since when, also while it is in sync', () => {
  const contested = '  ! contested: another writer has changed it back 3 times since 2026-11-22T09:00:00.000Z';
  expect(render({ findings: drift, contests: contests(id(1)) }).split('\n')).toContain(contested);
  expect(render({ findings: inSync, contests: contests(id(1)) }).split('\n')).toEqual([
    `= db  ${id(1)}  db.json:1`,
    contested,
    'in sync: 1 contested, 1 in sync (1000 ms, 1 request)',
  ]);
});

test.for<[Json, string]>([
  [null, 'unset'],
  [5432, '5432'],
  [true, 'true'],
  ['db.internal', 'db.internal'],
  ['10.0.0.1', '10.0.0.1'],
  ['fd00::12', 'fd00::12'],
  ['0191e3a4-5b6c-7d8e-9f00-112233445566', '0191e3a4-5b6c-7d8e-9f00-112233445566'],
  ['two words', '"two words"'],
  ['', '""'],
  ['5432', '"5432"'],
  ['1e3', '"1e3"'],
  ['true', '"true"'],
  ['null', '"null"'],
  ['unset', '"unset"'],
  ['ä', '"ä"'],
  ['\u001B[31m\u202E', '"\\u001b[31m\\u{202e}"'],
  [['10.0.0.1', 'a b', 5], '[10.0.0.1, "a b", 5]'],
  [[], '[]'],
  [{ a: 1 }, '{"a":1}'],
])('renders the value %j as %s', ([json, text]) => {
  const [finding] = drift;
  if (finding?.kind !== 'drifted') throw new Error('expected drift');
  const changes = [{ path: 'x', live: json, declared: 1 }];
  expect(render({ findings: [{ ...finding, changes }] }).split('\n')[1]).toBe(`    x  ${text} → 1`);
});

describe('the totals', () => {
  const cost = '(1000 ms, 1 request)';
  const many = findings({
    declared: [1, 2, 3].map((number) => service({ service_id: id(number), name: `s${number}`, tcp_port: 1 })),
    live: [1, 2, 3].map((number) =>
      service({ service_id: id(number), name: `s${number}`, tcp_port: 2, ...(number === 3 ? { weight: 1 } : {}) }),
    ),
  });
  const services = [1, 2, 3].map((number) => ({ service_id: id(number), name: `s${number}` }));
  const partly = plan(many, planOptions({ unknownFields: 'withhold' }));

  test.for<{ what: string; given: Partial<PassFacts>; line: string }>([
    { what: 'no services', given: {}, line: `in sync: no services ${cost}` },
    { what: 'one service in sync', given: { findings: inSync }, line: `in sync: 1 service ${cost}` },
    {
      what: 'several services in sync',
      given: { findings: findings({ declared: services, live: services }) },
      line: `in sync: 3 services ${cost}`,
    },
    {
      what: 'an update',
      given: { findings: drift, outcomes: outcomes(updated) },
      line: `converged: 1 updated ${cost}`,
    },
    { what: 'a plan', given: { findings: drift, mode: 'plan' }, line: `pending: 1 to update ${cost}` },
    {
      what: 'a plan with withheld updates',
      given: { findings: many, plan: partly, mode: 'plan' },
      line: `partial: 2 to update, 1 withheld ${cost}`,
    },
    {
      what: 'an unsettled update',
      given: {
        findings: drift,
        outcomes: outcomes({
          result: 'unsettled',
          attempts: 1,
          service_id: id(1),
          paths: ['name'],
          stored: new Map(),
          unknown: new Map(),
        }),
      },
      line: `partial: 1 unsettled ${cost}`,
    },
    {
      what: 'a failed update',
      given: {
        findings: drift,
        outcomes: outcomes({ result: 'failed', attempts: 1, failure: failure('rejected', 'no') }),
      },
      line: `partial: 1 failed ${cost}`,
    },
    {
      what: 'a failed pass',
      given: { error: failure('source', 'services: no such folder') },
      line: `failed: services: no such folder ${cost}`,
    },
    {
      what: 'a failed pass with findings',
      given: { findings: inSync, error: failure('denied', 'Forbidden') },
      line: `denied: Forbidden · 1 in sync ${cost}`,
    },
    {
      what: 'the duration and several requests',
      given: { findings: inSync, api: { requests: 3, retries: 1, throttled_ms: 20 }, duration_ms: 5 },
      line: 'in sync: 1 service (5 ms, 3 requests)',
    },
  ])('for $what', ({ given, line }) => {
    expect(totals(given)).toBe(line);
  });

  test.for<[PassOutcome, string, Partial<PassFacts>]>([
    ['in_sync', '<green>in sync</green>', { findings: inSync }],
    ['converged', '<green>converged</green>', { findings: drift, outcomes: outcomes(updated) }],
    ['pending', '<yellow>pending</yellow>', { findings: drift, mode: 'plan' }],
    ['partial', '<yellow>partial</yellow>', { findings: findings({ declared: [{}] }) }],
    ['interrupted', '<yellow>interrupted</yellow>', { error: failure('interrupted', 'stopped') }],
    ['failed', '<red>failed</red>', { error: failure('transient', 'timeout') }],
    ['denied', '<red>denied</red>', { error: failure('denied', 'Forbidden') }],
  ])('color the outcome %s', ([, word, given]) => {
    expect(totals(given, tagged).split(':')[0]).toBe(word);
  });
});

test('says that a service is no longer declared, and where it was', () => {
  const undeclared = new Map([[id(1), { name: 'db', file: 'services/db.yaml' }]]);
  expect(render({ findings: findings({ live: [{}] }), undeclared }).split('\n')).toEqual([
    `· db  ${id(1)}  services/db.yaml  no longer declared; left alone`,
    'in sync: 1 unmanaged (1000 ms, 1 request)',
  ]);
});

test('begins a log line with the totals, and omits unmanaged services', () => {
  const found = findings({ declared: [{ tcp_port: 1 }], live: [{}, { service_id: id(9), name: 'other' }] });
  expect(
    renderLogLine(toReport(facts({ findings: found, outcomes: outcomes(updated) })), {
      paint: plain,
      columns: Infinity,
    }).split('\n'),
  ).toEqual([
    'converged: 1 updated, 1 unmanaged (1000 ms, 1 request)',
    `~ db  ${id(1)}  db.json:1`,
    '    tcp_port  5432 → 1',
    '  = updated',
  ]);
});

test('colors the signs, the two sides and the result', () => {
  const [head, change, result] = renderReport(toReport(facts({ findings: drift, mode: 'plan' })), {
    paint: tagged,
    columns: Infinity,
  }).split('\n');
  expect([head, change, result]).toEqual([
    `<yellow>~</yellow> <bold>db</bold>  <dim>${id(1)}</dim>  <dim>db.json:1</dim>`,
    '    tcp_port  <red>5432</red> → <green>1</green>',
    '  <yellow>= to be updated</yellow>',
  ]);
});

test.for([
  ['a field', 'host.hostname', 'a.yaml:7:3 host.hostname: expected a host name'],
  ['the file', null, 'a.yaml:7:3 expected a host name'],
] as const)('renders a problem of %s as one line with its place', ([, path, line]) => {
  expect(renderProblem({ file: 'a.yaml', line: 7, column: 3, path, message: 'expected a host name' })).toBe(line);
});

test('escapes control characters in names and values', () => {
  const evil = 'a\u001B[31m\n\u202E\u2028\u0007';
  const escaped = 'a\\u{1b}[31m\\u{a}\\u{202e}\\u{2028}\\u{7}';
  const { skipped, problems } = parseFile(`${evil}.yaml`, JSON.stringify({ service_id: evil, name: evil, [evil]: 1 }));
  const text = render({
    findings: [
      ...compare({ declarations: [], tombstones: [], skipped, problems }, [live({ name: evil, service_id: id(8) })]),
      ...findings({ declared: [{}], live: [service({ tcp_port: 1, [evil]: 1 })] }),
    ],
    outcomes: outcomes({ result: 'failed', attempts: 1, failure: { ...failure('rejected', evil), ray: evil } }),
    error: failure('transient', evil),
    problems,
  });
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\u2028]/u);
  expect(text).toContain(`! ${escaped}  ${escaped.toLowerCase()}  ${escaped}.yaml:1`);
  expect(text).toContain(`· ${escaped}  `);
  expect(text).toContain(`! failed: ${escaped} (CF-Ray ${escaped})`);
  expect(text).toContain(`keeps unknown fields: ${escaped}`);
  expect(text).toContain(`failed: ${escaped} · `);
});

test('renders a reason that withholds several services once, above them, with their number', () => {
  const services = [1, 2, 3].map((number) => ({ service_id: id(number), name: `s${number}` }));
  const found = findings({
    declared: services.map((each) => ({ ...each, tcp_port: 1 })),
    live: services.map((each, index) => (index === 2 ? { ...each, weight: 1 } : each)),
  });
  const limited = plan(found, planOptions({ unknownFields: 'withhold', maxChanges: 1 }));
  expect(render({ findings: found, plan: limited, mode: 'plan' }).split('\n')).toEqual([
    '! 2 withheld: the plan has 2 updates (66.7% of the 3 declared services that are live) but max_changes is 1, so the whole plan is withheld; raise max_changes, or allow it once: vpc-reconciler apply --max-changes 2',
    `~ s1  ${id(1)}  s1.json:1`,
    '    tcp_port  5432 → 1',
    '  ! withheld for the reason above',
    `~ s2  ${id(2)}  s2.json:1`,
    '    tcp_port  5432 → 1',
    '  ! withheld for the reason above',
    `~ s3  ${id(3)}  s3.json:1`,
    '    tcp_port  5432 → 1',
    '  ! withheld: the live service has fields that this version does not know: weight; set unknown_fields to preserve or drop',
    'partial: 3 withheld (1000 ms, 1 request)',
  ]);
});

describe('unknown fields', () => {
  const grown = findings({ declared: [{ tcp_port: 1 }], live: [service({ weight: 3, zone: 'a' })] });
  const removing = plan(grown, planOptions({ unknownFields: 'drop' }));
  const loss = '    removes unknown fields of the live service: weight, zone';
  const rejected: Outcome = { result: 'failed', attempts: 1, failure: failure('rejected', 'no') };
  test.for<{ what: string; given: Partial<PassFacts>; lines: string[] }>([
    {
      what: 'kept',
      given: { outcomes: outcomes(updated) },
      lines: ['    keeps unknown fields: weight, zone', '  = updated'],
    },
    { what: 'to be removed', given: { plan: removing, mode: 'plan' }, lines: [loss, '  = to be updated'] },
    { what: 'removed', given: { plan: removing, outcomes: outcomes(updated) }, lines: [loss, '  = updated'] },
    {
      what: 'kept after a failed update',
      given: { plan: removing, outcomes: outcomes(rejected) },
      lines: ['    keeps unknown fields: weight, zone', '  ! failed: no'],
    },
    {
      what: 'the reason to withhold the update',
      given: { plan: plan(grown, planOptions({ unknownFields: 'withhold' })) },
      lines: [
        '  ! withheld: the live service has fields that this version does not know: weight, zone; set unknown_fields to preserve or drop',
      ],
    },
  ])('are rendered as $what', ({ given, lines }) => {
    expect(
      render({ findings: grown, ...given })
        .split('\n')
        .slice(2, -1),
    ).toEqual(lines);
  });
});

const resolvers = (...resolver_ips: readonly string[]): JsonObject => ({
  host: { hostname: 'db.internal', resolver_network: { tunnel_id: tunnel, resolver_ips } },
});
const changesOf = (declared: JsonObject, lives: JsonObject) =>
  render({ findings: findings({ declared: [declared], live: [lives] }), mode: 'plan' })
    .split('\n')
    .slice(1, -2);

describe('a list with several elements', () => {
  test('is rendered by element: unchanged, removed and added', () => {
    expect(
      changesOf(resolvers('10.0.0.1', '10.0.0.2', '10.0.0.3'), resolvers('10.0.0.1', '10.0.0.9', '10.0.0.3')),
    ).toEqual([
      '    host.resolver_network.resolver_ips',
      '        10.0.0.1',
      '      - 10.0.0.9',
      '      + 10.0.0.2',
      '        10.0.0.3',
    ]);
  });

  test('is different in another order', () => {
    expect(changesOf(resolvers('10.0.0.1', '10.0.0.2'), resolvers('10.0.0.2', '10.0.0.1')).slice(1).sort()).toEqual([
      '        10.0.0.1',
      '      + 10.0.0.2',
      '      - 10.0.0.2',
    ]);
  });

  test('is added or removed as a whole if one side is unset', () => {
    expect(changesOf(resolvers('10.0.0.1', '10.0.0.2'), resolvers())).toEqual([
      '    host.resolver_network.resolver_ips',
      '      + 10.0.0.1',
      '      + 10.0.0.2',
    ]);
  });

  test('is rendered in one line if it has a single element', () => {
    expect(changesOf(resolvers('10.0.0.1'), resolvers())).toEqual([
      '    host.resolver_network.resolver_ips  unset → [10.0.0.1]',
    ]);
  });
});

const narrow = (columns: number, given: Partial<PassFacts>, paint = plain) =>
  renderReport(toReport(facts(given)), { paint, columns }).split('\n');

describe('in narrow columns', () => {
  const long = { host: { hostname: 'a-rather-long-host-name.corp.internal', resolver_network: { tunnel_id: tunnel } } };
  const given = { findings: findings({ declared: [{ tcp_port: 1, ...long }], live: [{}] }), mode: 'plan' } as const;

  test('renders a change that does not fit as a removed and an added line', () => {
    expect(narrow(60, given)).toEqual([
      `~ db  ${id(1)}  db.json:1`,
      '    tcp_port  5432 → 1',
      '    host.hostname',
      '      - db.internal',
      '      + a-rather-long-host-name.corp.internal',
      '  = to be updated',
      'pending: 1 to update (1000 ms, 1 request)',
    ]);
  });

  test('does not align a change that only fits without alignment', () => {
    const host = { resolver_network: { tunnel_id: tunnel, resolver_ips: ['10.20.0.53'] } };
    const both = findings({
      declared: [{ host: { ...host, hostname: 'billing.corp.internal' } }],
      live: [{ host: { hostname: 'billing-old.corp.internal', resolver_network: { tunnel_id: tunnel } } }],
    });
    const aligned =
      4 + 'host.resolver_network.resolver_ips'.length + 2 + 'billing-old.corp.internal → billing.corp.internal'.length;
    expect(narrow(aligned, { findings: both }).slice(1, 3)).toEqual([
      '    host.hostname                       billing-old.corp.internal → billing.corp.internal',
      '    host.resolver_network.resolver_ips  unset → [10.20.0.53]',
    ]);
    expect(narrow(aligned - 1, { findings: both }).slice(1, 3)).toEqual([
      '    host.hostname  billing-old.corp.internal → billing.corp.internal',
      '    host.resolver_network.resolver_ips  unset → [10.20.0.53]',
    ]);
  });

  test('wraps other lines with an indent', () => {
    const reason = 'parked, for the API refused the last update, which it may do for any of many reasons';
    const outcome = { result: 'withheld', attempts: 0, reason } as const;
    expect(narrow(40, { ...given, mode: 'apply', outcomes: outcomes(outcome) }).slice(-7)).toEqual([
      '    host.hostname',
      '      - db.internal',
      '      + a-rather-long-host-name.corp.internal',
      '  ! withheld: parked, for the API',
      '      refused the last update, which it',
      '      may do for any of many reasons',
      'partial: 1 withheld (1000 ms, 1 request)',
    ]);
  });

  test('wraps the details of a log line, but not its totals', () => {
    const [first, second, ...further] = renderLogLine(toReport(facts(given)), { paint: plain, columns: 40 }).split(
      '\n',
    );
    expect(first).toBe('pending: 1 to update (1000 ms, 1 request)');
    expect(second).toBe('~ db');
    expect(further.slice(0, 2)).toEqual([`    ${id(1)}`, '    db.json:1']);
  });

  test('does not count color codes as width', () => {
    const line = `  ${colored('yellow', 'x'.repeat(20))} ${colored('red', 'y'.repeat(15))}`;
    expect(wrapLine(line, { columns: 38 })).toBe(line);
    expect(wrapLine(line, { columns: 37 })).toContain('\n');
  });
});

test('renders an unusable item of the list with its reason', () => {
  const reason = 'item 1 of the list of services: expected the text "service_id", found 7';
  const found = compare(collect([]), [{ service_id: null, name: 'ghost', value: null, reason }]);
  expect(render({ findings: found })).toContain(
    `! ghost  no service_id  skipped: ${reason}; the API lists it in a form that cannot be used; it is left alone`,
  );
});
