import { expect, test, vi } from 'vitest';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { readValues } from '../../../src/core/load/values/values.ts';

/*
 * Anyone who can write a file of at most 1 MiB must not be able to stop the program with it. Some of these texts kept the parser busy
 * for minutes before tokens were counted.
 */

const FULL = process.env['FULL'] === '1';
vi.setConfig({ testTimeout: 60_000 });
const MIB = 1024 * 1024;
const BOUND_MS = 5_000;

/** Returns the CPU time of this process, which does not depend on the load of the machine. */
const cpuMsSince = (start: NodeJS.CpuUsage) => {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};

const filled = (pattern: string, length = MIB) => pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length);
const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

const refused: readonly (readonly [string, string])[] = [
  ['question marks', filled('? ')],
  ['question marks, a line each', filled('?\n')],
  ['open brackets', filled('[')],
  ['open braces', filled('{')],
  ['closed brackets', filled(']')],
  ['closed brackets between keys', filled(']<<: ')],
  ['dashes', filled('- ')],
  ['dashes, a line each', filled('-\n')],
  ['colons', filled(': ')],
  ['colons without spaces', filled(':')],
  ['commas', `[${filled(',')}`],
  ['60,000 keys', lines(60_000, (index) => `key${index}: ${index}`)],
  ['one scalar', `name: ${filled('x')}`],
  ['one block scalar', `name: |\n${filled(' x\n')}`],
  ['one scalar of many lines', `name: ${filled('x\n  ')}`],
  ['a quote that is not closed', `name: "${filled('x\n ')}`],
  ['quotes', filled('"')],
  ['deeper and deeper mappings', lines(1_400, (index) => `${' '.repeat(index)}a:`)],
  ['deeper and deeper lists', lines(1_000, (index) => `${'  '.repeat(index)}- a:`)],
  ['200,000 aliases', `a: &a x\nb: [${'*a,'.repeat(200_000)}]`],
  ['a billion laughs', `a0: &a0 [x]\n${lines(30, (index) => `a${index + 1}: &a${index + 1} [*a${index},*a${index}]`)}`],
  ['anchors', filled('&a ')],
  ['lists with anchors in lists', filled('- &a ')],
  ['tags', filled('!a ')],
  ['directives', filled('%a\n')],
  ['keys in keys', `${'{? '.repeat(30)}a${'}'.repeat(30)}`],
  ['lists in braces in lists', '- {a: '.repeat(30)],
  ['comments', filled('#\n')],
  ['spaces', filled(' ')],
  ['tabs', `${filled('\t')}a`],
  ['carriage returns', `a${filled('\r')}`],
  ['zero bytes', filled('\0')],
  ['service ids', filled('service_id ')],
  ['spaces before a service id', `"service_id:${filled(' ')}`],
  ['service ids with anchors', `[${filled('service_id:&')}`],
  ['merge conflicts', filled('<<<<<<< ')],
];

/** Texts just within the limits, which are parsed to the end. */
const refusedAfterParsing: readonly (readonly [string, string])[] = [
  ['29,000 unknown keys', lines(29_000, (index) => `key${index}: ${index}`)],
  ['wrong brackets', filled('[}{]\n', 149_000)],
  ['empty lines', `${filled('\n')}a`],
  ['control characters', filled('- \u0002\n', 200_000)],
  ['a long list', `[${filled('a,', 140_000)}]`],
  ['one key 74,000 times, in braces', `{${filled('a,', 148_000)}}`],
  ['one key 30,000 times', filled('? a\n', 120_000)],
  ['35,000 invalid addresses', `host: {hostname: a, resolver_network: {resolver_ips: [${filled('x,', 70_000)}]}}`],
  ['2,500 aliases of 70,000 items', `created_at: &a [${filled('1,', 140_000)}]\nupdated_at: [${'*a,'.repeat(2_500)}]`],
  ['a large key inside keys', `${'? '.repeat(38)}[${filled('a,', 120_000)}]`],
  ['a deep mapping, many times', filled(`${lines(200, (index) => `${' '.repeat(index)}a:`)}\n`, 500_000)],
  ['35,000 documents', filled('a\n---\n', 210_000)],
];

test.for(FULL ? [...refused, ...refusedAfterParsing] : refused)('rejects a file of %s in bounded time', ([, text]) => {
  const start = process.cpuUsage();
  const { declarations, skipped, problems } = parseFile('hostile.yaml', text);
  expect(cpuMsSince(start)).toBeLessThan(BOUND_MS);
  expect({ declarations, skipped: skipped.length > 0, problems: problems.length > 0 }).toEqual({
    declarations: [],
    skipped: true,
    problems: true,
  });
});

test.runIf(FULL).for([
  ['70,000 empty documents', filled('---\n', 280_000)],
  ['70,000 ends of documents', filled('...\n', 280_000)],
] as const)('reads a file of %s in bounded time, without declarations', ([, text]) => {
  const start = process.cpuUsage();
  expect(parseFile('hostile.yaml', text)).toEqual({
    file: 'hostile.yaml',
    declarations: [],
    skipped: [],
    problems: [],
  });
  expect(cpuMsSince(start)).toBeLessThan(BOUND_MS);
});

const HOST = 'host: { ipv4: 10.0.0.1, network: { tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da } }';
const listOf = (count: number, item: (index: number) => string) =>
  `name: a\ntype: http\n${HOST}\nreconcile:\n  ignore:\n${lines(count, (index) => `    - ${item(index)}`)}`;
const deep = lines(199, (index) => `${' '.repeat(index)}k${index}:`);

test.for([
  ['thousands of undefined names', 'x: 1', listOf(20_000, () => '${u}')],
  [
    'thousands of undefined names, and thousands of similar ones',
    lines(28_000, (index) => `similar_name_${index}: 1`),
    listOf(20_000, (index) => `\${similar_name_x${index}}`),
  ],
  [
    'long names',
    lines(90, (index) => `${'n'.repeat(9_000)}${index}: 1`),
    listOf(90, () => `\${${'n'.repeat(9_000)}x}`),
  ],
  ['deep mappings', `${deep}\n${lines(4_000, (index) => `${' '.repeat(199)}v${index}: 1`)}`, listOf(1, () => '${u}')],
  [
    'long values that refer to each other',
    `a: ${'x'.repeat(4_900)}\n${lines(28_000, (index) => `b${index}: "\${a}\${a}${index}"`)}`,
    listOf(20_000, (index) => `"\${a}\${b${index}}"`),
  ],
  ['a long list', `a: [${'1,'.repeat(20_000)}]`, listOf(1_000, () => '${a}')],
] as const)('reads references with %s in bounded time and memory', ([, values, text]) => {
  const start = process.cpuUsage();
  const heapBefore = process.memoryUsage().heapUsed;
  const { declarations, problems } = parseFile(
    'hostile.yaml',
    text,
    readValues([{ file: 'values.yaml', text: values }]),
  );
  expect(cpuMsSince(start)).toBeLessThan(BOUND_MS);
  // Before a collection, and with the garbage of the YAML parser.
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(400 * MIB);
  expect({ declarations, problems: problems.length <= 20 }).toEqual({ declarations: [], problems: true });
});
