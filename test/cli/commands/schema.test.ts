import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isObject } from '../../../src/core/base/json.ts';
import { root } from '../../e2e/program.ts';
import { command } from '../command.ts';

const SCHEMAS = [
  { of: 'declaration', file: 'config/service.schema.json' },
  { of: 'config', file: 'config/config.schema.json' },
];

test.for(SCHEMAS)(
  'prints the schema of a $of, which is in $file as `npm run schema` wrote it',
  async ({ of, file }) => {
    const { code, stdout, stderr } = await command(['schema', of]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(readFileSync(root + file, 'utf8'));
  },
);

test('prints that of a declaration where nothing is said', async () => {
  expect(await command(['schema'])).toEqual(await command(['schema', 'declaration']));
});

test('takes no notice of a broken configuration, and says what else it can print', async () => {
  const environment = { VPC_RECONCILER_MODE: 'aply' };
  expect(await command(['schema'], { environment })).toMatchObject({ code: 0, stderr: '' });
  expect(await command(['schema', 'services'])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      "vpc-reconciler: argument 'services' is invalid for [what]. Allowed choices are declaration, config; see --help\n",
  });
});

/** Every field in a schema, by name. */
function fieldsIn(schema: unknown): readonly (readonly [string, unknown])[] {
  if (Array.isArray(schema)) return schema.flatMap(fieldsIn);
  if (!isObject(schema)) return [];
  const { properties, if: _, anyOf: __, examples: ___, ...rest } = schema;
  const own = isObject(properties) ? Object.entries(properties) : [];
  return [...own, ...own.flatMap(([, field]) => fieldsIn(field)), ...Object.values(rest).flatMap(fieldsIn)];
}

test.for(SCHEMAS)('teaches: every field of a $of has a title, a description and an example', async ({ of }) => {
  const fields = fieldsIn(JSON.parse((await command(['schema', of])).stdout));
  expect(fields.length).toBeGreaterThan(15);
  const taught = { title: expect.any(String), description: expect.any(String), examples: expect.any(Array) };
  for (const [name, field] of fields) {
    // `true` says that the field is described above; the rule about a CA only adds to the field.
    if (field === true || (isObject(field) && field['errorMessage'] === USELESS)) continue;
    expect({ name, ...Object(field) }).toMatchObject(taught);
  }
});

const USELESS = 'Has no effect with cert_verification_mode disabled; remove one of them';

test.for(SCHEMAS)('that of a $of has nothing in it that validators know differently', async ({ of }) => {
  const { stdout } = await command(['schema', of]);
  expect(stdout).toContain('"$schema": "http://json-schema.org/draft-07/schema#"');
  expect(stdout).not.toMatch(/"(format|oneOf|\$ref|\$id)":/);
  expect(stdout).not.toContain('Invalid input');
});
