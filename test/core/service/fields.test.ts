import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/base/json.ts';
import { changesBetween } from '../../../src/core/compare/compare.ts';
import { serviceSchema } from '../../../src/core/service/declaration-schema.ts';
import { fieldByPath } from '../../../src/core/service/fields.ts';
import { normalize, toBody } from '../../../src/core/service/normalize.ts';
import { checkService } from '../../../src/core/service/schema.ts';
import { http, tcp } from '../builders.ts';

// A field that is added to the table takes part in everything that is derived from it.

const ajv = new Ajv({ strict: false });
ajv.addVocabulary(['errorMessage', 'enumDescriptions', 'doNotSuggest']);
const matchesJsonSchema = ajv.compile(serviceSchema());

const isValid = (value: JsonObject) => checkService(value).service !== null;

/** Returns the object with this value at the path. */
function withValue(object: unknown, [key = '', ...rest]: readonly string[], value: Json): JsonObject {
  return { ...Object(object), [key]: rest.length === 0 ? value : withValue(Object(object)[key], rest, value) };
}

function valueAt(object: unknown, path: string): unknown {
  return path.split('.').reduce((part: unknown, key) => Object(part)[key], object);
}

const tls_settings = { cert_verification_mode: 'verify_ca' };

/** A valid service that has the field with an example value. */
function serviceWith(path: string): JsonObject {
  const [example = null] = fieldByPath.get(path)?.examples ?? [];
  const candidates = [
    { ...http, tls_settings },
    { ...tcp, tls_settings },
  ].map((base) => withValue(base, path.split('.'), example));
  const valid = candidates.find(isValid);
  if (valid === undefined) throw new Error(`no valid service has the example of ${path}`);
  return valid;
}

const settable = [...fieldByPath].filter(([, { value, readOnly }]) => readOnly !== true && value.kind !== 'mapping');
const local = new Set(settable.flatMap(([path, field]) => (field.local === true ? [path] : [])));

describe.each(settable.map(([path, field]) => ({ path, field })))('the field $path', ({ path, field }) => {
  const service = serviceWith(path);

  test('is validated by the program and by the JSON Schema', () => {
    expect([isValid(service), matchesJsonSchema(service)]).toEqual([true, true]);
    const invalid = withValue(service, path.split('.'), { no: 'value' });
    expect([isValid(invalid), matchesJsonSchema(invalid)]).toEqual([false, false]);
  });

  test('is required or optional as the table says', () => {
    const unset = withValue(service, path.split('.'), null);
    if (field.required === true) expect([isValid(unset), matchesJsonSchema(unset)]).toEqual([false, false]);
    else expect(isValid(unset)).toBe(matchesJsonSchema(unset));
  });

  test.skipIf(local.has(path))('is compared', () => {
    const other = normalize(withValue(service, path.split('.'), 'another value')).known;
    expect(changesBetween(other, normalize(service).known).map((change) => change.path)).toEqual([path]);
  });

  test.skipIf(local.has(path))('is sent', () => {
    const declared = normalize(withValue(service, path.split('.'), 'another value')).known;
    expect(valueAt(toBody(declared, new Map()), path)).toBe('another value');
  });
});

test.each([...fieldByPath])('the entry of %s fits into the table', (path, { value, only, examples }) => {
  const paths = [...fieldByPath.keys()];
  if (path.includes('.')) {
    const mapping = path.slice(0, path.lastIndexOf('.'));
    expect(fieldByPath.get(mapping)?.value.kind).toBe('mapping');
    expect(paths.indexOf(mapping)).toBeLessThan(paths.indexOf(path));
    expect(only, 'only a field at the top level can belong to one type of service').toBeUndefined();
  }
  if (value.kind === 'mapping') return;
  for (const example of examples) expect(value.schema.safeParse(example)).toMatchObject({ success: true });
});

test.for<readonly [ignore: Json, isValid: boolean]>([
  ['${unmanaged.fields}', true],
  [['tls_settings', { path: 'http_port', until: '${freeze.end}' }], true],
  ['tls_settings', false],
  [[{ path: 'http_port', until: 'soon' }], false],
])('an editor accepts references in ignore: %j', ([ignore, isValid]) => {
  expect(matchesJsonSchema({ ...http, reconcile: { ignore } })).toBe(isValid);
});
