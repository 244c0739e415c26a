import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serviceSchema } from '../../../src/core/service/declaration-schema.ts';
import { fieldByPath } from '../../../src/core/service/fields.ts';
import { root, rowsOf } from '../../documentation/pages.ts';

describe('the table of fields in services/README.md', () => {
  const rows = rowsOf('services/README.md', 'Fields');

  test.for([...fieldByPath])('describes `%s`', ([path, field]) => {
    const [required, description] = rows.get(path) ?? [];
    expect(description, `expected a row "| \`${path}\` | …" in services/README.md`).toBeDefined();
    expect(description).not.toBe('');
    if (field.only !== undefined) expect([required, description].join(' ')).toContain(`\`${field.only}\``);
    if (field.required === true) expect(required).toMatch(/^yes$|^for `/);
  });

  test('describes nothing else', () => {
    expect([...rows.keys()].filter((path) => !fieldByPath.has(path))).toEqual([]);
  });
});

test('config/service.schema.json is up to date: `npm run schema` writes it', () => {
  const file = readFileSync(join(root, 'config/service.schema.json'), 'utf8');
  expect(JSON.parse(file)).toEqual(JSON.parse(JSON.stringify(serviceSchema())));
});
