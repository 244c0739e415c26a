import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isObject } from '../../../src/core/base/json.ts';
import { root } from '../../e2e/program.ts';
import { command } from '../command.ts';

const SCHEMAS = [
  { of: 'declaration', file: 'config/service.schema.json' },
  { of: 'config', file: 'config/config.schema.json' },
];

test.for(SCHEMAS)('prints the schema for the kind $of, which is the content of $file', async ({ of, file }) => {
  const { code, stdout, stderr } = await command(['schema', of]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(readFileSync(root + file, 'utf8'));
});

test('prints the schema of a declaration by default', async () => {
  expect(await command(['schema'])).toEqual(await command(['schema', 'declaration']));
});

test('ignores an invalid configuration, and lists the kinds of schema', async () => {
  const environment = { VPC_RECONCILER_MODE: 'aply' };
  expect(await command(['schema'], { environment })).toMatchObject({ code: 0, stderr: '' });
  expect(await command(['schema', 'services'])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      "vpc-reconciler: argument 'services' is invalid for [kind]. Allowed choices are declaration, config; see --help\n",
  });
});

/** Returns every field of a schema, with its name. */
function fieldsIn(schema: unknown): readonly (readonly [string, unknown])[] {
  if (Array.isArray(schema)) return schema.flatMap(fieldsIn);
  if (!isObject(schema)) return [];
  const { properties, if: _, anyOf: __, examples: ___, ...rest } = schema;
  const own = isObject(properties) ? Object.entries(properties) : [];
  return [...own, ...own.flatMap(([, field]) => fieldsIn(field)), ...Object.values(rest).flatMap(fieldsIn)];
}

test.for(SCHEMAS)('every field of the schema $of has a title, a description and an example', async ({ of }) => {
  const fields = fieldsIn(JSON.parse((await command(['schema', of])).stdout));
  expect(fields.length).toBeGreaterThan(15);
  const documented = { title: expect.any(String), description: expect.any(String), examples: expect.any(Array) };
  for (const [name, field] of fields) {
    // `true` says that the field is described above; the rule about a CA only adds to the field.
    if (field === true || (isObject(field) && field['errorMessage'] === USELESS)) continue;
    expect({ name, ...Object(field) }).toMatchObject(documented);
  }
});

const USELESS = 'Has no effect with cert_verification_mode disabled; remove one of them';

test.for(SCHEMAS)('the schema $of uses no keyword that validators interpret differently', async ({ of }) => {
  const { stdout } = await command(['schema', of]);
  expect(stdout).toContain('"$schema": "http://json-schema.org/draft-07/schema#"');
  expect(stdout).not.toMatch(/"(format|oneOf|\$ref|\$id)":/);
  expect(stdout).not.toContain('Invalid input');
});
