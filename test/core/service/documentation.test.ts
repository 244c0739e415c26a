import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { serviceSchema } from '../../../src/core/service/declaration-schema.ts';
import { fieldByPath } from '../../../src/core/service/fields.ts';

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

const manual = read('services/README.md');
/** The paths in the first column of its table of fields. */
const documented = new Set([...manual.matchAll(/^\| `([^`]+)` \|/gm)].map(([, path]) => path));
const hasTable = documented.has('service_id');

test.for([...fieldByPath.keys()])('services/README.md describes `%s`', (path) => {
  // Without a table of fields, a mention of the key will do.
  const key = path.slice(path.lastIndexOf('.') + 1);
  const isDescribed = hasTable ? documented.has(path) : new RegExp(`\\b${key}\\b`).test(manual + read('README.md'));
  expect(isDescribed, `expected a row "| \`${path}\` | …" in the table of fields of services/README.md`).toBe(true);
});

test('config/service.schema.json is up to date: `npm run schema` writes it', () => {
  expect(JSON.parse(read('config/service.schema.json'))).toEqual(JSON.parse(JSON.stringify(serviceSchema())));
});
