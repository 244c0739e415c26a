import { matchesGlob } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mayInclude } from '../../src/source/file-rules.ts';

test.for([
  ['**/*.yaml', 'a', true],
  ['**/*.yaml', 'a/b/c', true],
  ['*.yaml', 'a', false],
  ['services/*.yaml', 'services', true],
  ['services/*.yaml', 'services/a', false],
  ['services/*.yaml', 'node_modules', false],
  ['services/**', 'services/a/b', true],
  ['services/**', 'node_modules/services', false],
  ['teams/*/services/**/*.yaml', 'teams', true],
  ['teams/*/services/**/*.yaml', 'teams/a', true],
  ['teams/*/services/**/*.yaml', 'teams/a/docs', false],
  ['teams/*/services/**/*.yaml', 'teams/a/services/x', true],
  ['{a,b}/*.yaml', 'b', true],
  ['{a,b}/*.yaml', 'c', false],
  ['{a/b,c}/*.yaml', 'a', true],
  ['{a/b,c}/*.yaml', 'c', true],
  ['./services/*.yaml', 'services', true],
  ['!services/*.yaml', 'other', true],
] as const)('%s in %s: %s', ([glob, folder, expected]) => {
  expect(mayInclude(folder, { include: [glob] })).toBe(expected);
});

test('includes a folder if any of the globs does', () => {
  expect(mayInclude('b', { include: ['a/*', 'b/*'] })).toBe(true);
  expect(mayInclude('c', { include: ['a/*', 'b/*'] })).toBe(false);
});

test('never excludes a folder of a file that is selected', () => {
  const name = fc.constantFrom('a', 'b', 'ab');
  const path = fc.array(name, { minLength: 2, maxLength: 4 });
  const part = fc.constantFrom(
    'a',
    'b',
    '*',
    'a*',
    '?',
    '**',
    '{a,b}',
    '{a/b,b}',
    '@(a|b)',
    '+(a|b)',
    '[ab]',
    '!(a)',
    '.',
    '**b',
  );
  const glob = fc.array(part, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(path, glob, (names, parts) => {
      fc.pre(matchesGlob(names.join('/'), parts.join('/')));
      for (let depth = 1; depth < names.length; depth += 1) {
        expect(mayInclude(names.slice(0, depth).join('/'), { include: [parts.join('/')] })).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
