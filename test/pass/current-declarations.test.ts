import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.ts';
import { collect } from '../../src/core/load/collect.ts';
import { parseFile } from '../../src/core/load/parse-file.ts';
import type { Source } from '../../src/core/load/source.ts';
import { currentDeclarations } from '../../src/pass/current-declarations.ts';
import { http, id, live, service } from '../core/builders.ts';
import { onlyStep, planFor } from './steps.ts';

const never = new AbortController().signal;
const db = service({ tcp_port: 1 });
const named = service({ service_id: null, name: 'new' });
const gone: JsonObject = { service_id: id(2), reconcile: { ensure: 'absent' } };
const goneByName: JsonObject = { name: 'old', reconcile: { ensure: 'absent' } };
const complete = service({ service_id: id(3), name: 'third', reconcile: { ensure: 'absent' } });
const planned = [db, named, gone, goneByName, complete];
const others = [goneByName, complete];

const filesOf = (declared: readonly JsonObject[]) =>
  declared.map((value, index) => parseFile(`${index}.json`, JSON.stringify(value)));

/** Opens the declarations of a plan in a folder that has these when it is read again. */
function open(now: readonly JsonObject[] | Error, stop = never) {
  const source: Pick<Source, 'readAgain'> = {
    readAgain: async () => {
      if (now instanceof Error) throw now;
      return filesOf(now);
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The other functions are not expected to be called.
  return currentDeclarations({ source: source as Source, planned: collect(filesOf(planned)), stop });
}

const create = onlyStep('create', planFor([named], []));
const update = onlyStep('update', planFor([db], [live()]));
const remove = onlyStep('delete', planFor([gone], [live(http)]));
const steps = [create, update, remove];

test('before the folder was read again, it has the declarations of all steps', () => {
  expect(steps.map(open([]).include)).toEqual([true, true, true]);
});

describe('a folder that was read again', () => {
  test.for<{ what: string; now: JsonObject[]; isSame: boolean; included?: boolean[] }>([
    { what: 'is the same', now: planned, isSame: true },
    { what: 'is the same in another order, in other files', now: planned.toReversed(), isSame: true },
    {
      what: 'is the same in another notation',
      now: [{ ...db, app_protocol: null }, named, gone, ...others],
      isSame: true,
    },
    { what: 'has another declaration', now: [...planned, service({ service_id: id(9), name: 'more' })], isSame: false },
    { what: 'has another tombstone', now: [...planned, { ...gone, service_id: id(9) }], isSame: false },
    {
      what: 'has a changed declaration',
      now: [{ ...db, tcp_port: 2 }, named, gone, ...others],
      isSame: false,
      included: [true, false, true],
    },
    { what: 'has lost a create', now: [db, gone, ...others], isSame: false, included: [false, true, true] },
    { what: 'has lost a tombstone without an id', now: [db, named, gone, complete], isSame: false },
    {
      what: 'declares a service that was declared absent, with the same fields',
      now: [db, named, gone, goneByName, service({ service_id: id(3), name: 'third' })],
      isSame: false,
    },
    { what: 'has lost a tombstone', now: [db, named, ...others], isSame: false, included: [true, true, false] },
    {
      what: 'declares the service of a tombstone',
      now: [db, named, { ...http }, ...others],
      isSame: false,
      included: [true, true, false],
    },
    {
      what: 'has a service with another key',
      now: [db, { ...named, name: 'other' }, gone, ...others],
      isSame: false,
      included: [false, true, true],
    },
    {
      what: 'has another instruction',
      now: [{ ...db, reconcile: { pause: true } }, named, gone, ...others],
      isSame: false,
      included: [true, false, true],
    },
    {
      what: 'has a tombstone with another field',
      now: [db, named, { ...gone, name: 'web' }, ...others],
      isSame: false,
      included: [true, true, false],
    },
    {
      what: 'has nothing that is valid',
      now: [{ ...db, tcp_port: 0 }],
      isSame: false,
      included: [false, false, false],
    },
  ])('$what', async ({ now, isSame, included = [true, true, true] }) => {
    const declarations = open(now);
    expect(await declarations.refresh()).toBe(isSame);
    expect(steps.map(declarations.include)).toEqual(included);
  });
});

describe('a step is not included', () => {
  const renamed = service({ service_id: null, name: 'newer', reconcile: { renamed_from: 'new' } });
  const byName = service({ service_id: null, tcp_port: 1 });

  test('if another declaration is for its service as well', async () => {
    const declarations = open([...planned, renamed]);
    await declarations.refresh();
    expect(steps.map(declarations.include)).toEqual([false, true, true]);
  });

  test('if another declaration has the id of its service', async () => {
    const declarations = open([byName, service({ name: 'other' })]);
    await declarations.refresh();
    const [update] = planFor([byName], [live()]).steps;
    expect(update !== undefined && declarations.include(update)).toBe(false);
    const alone = open([byName]);
    await alone.refresh();
    expect(update !== undefined && alone.include(update)).toBe(true);
  });
});

test('a folder that cannot be read is an error, and so is a stop', async () => {
  await expect(open(new Error('not readable')).refresh()).rejects.toThrow('not readable');
  const reason = new Error('stopped');
  await expect(open(planned, AbortSignal.abort(reason)).refresh()).rejects.toBe(reason);
});
