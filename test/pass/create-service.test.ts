import { expect, test } from 'vitest';
import type { Directory, ListedItem } from '../../src/core/service/directory.ts';
import type { Create } from '../../src/core/plan/step.ts';
import { normalize } from '../../src/core/service/normalize.ts';
import { createService } from '../../src/pass/create-service.ts';
import { never } from '../cloudflare/client.ts';
import { declaration, id, live } from '../core/builders.ts';

/** Creates a service of which the last list of the pass has this. Returns the outcome, or the number of creates. */
async function createAfter(latest: readonly ListedItem[] | null, waitsFor: string | null = null) {
  let creates = 0;
  const declared = declaration({ service_id: null, name: 'web' });
  const step: Create = {
    kind: 'create',
    finding: { kind: 'missing', declaration: declared, declared: normalize(declared.value).known, hint: null },
    body: declared.value,
    carriedOver: [],
    waitsFor,
  };
  const create: Directory['create'] = async (_body, { gate }) => {
    // As a client does right before it sends the request.
    while (!gate.enter({ method: 'POST', path: '' })) await gate.check();
    creates += 1;
    return { kind: 'created', live: live({ service_id: id(7), name: 'web' }), attempts: 1 };
  };
  const lists = { list: async () => [], latest: () => latest };
  return { ...(await createService(step, { ...never, create, lists })), creates };
}

const declaredAs = live({ service_id: id(8), name: 'web' });
const other = live({ service_id: id(8), name: 'web', tcp_port: 9 });

test('creates a service that no list of this pass shows', async () => {
  for (const latest of [null, [], [live({ service_id: id(8), name: 'other' })]]) {
    expect(await createAfter(latest)).toMatchObject({ result: 'created', service_id: id(7), creates: 1 });
  }
});

test('sends nothing once a list of this pass shows that another writer created the service', async () => {
  expect(await createAfter([declaredAs])).toEqual({
    result: 'created',
    attempts: 0,
    service_id: id(8),
    note: 'found in a newer list before it was created: another writer created it',
    creates: 0,
  });
  expect(await createAfter([other])).toMatchObject({ result: 'withheld', superseded: true, attempts: 0, creates: 0 });
});

test('creates a service although an older list shows the one that gave up its name', async () => {
  expect(await createAfter([other], id(8))).toMatchObject({ result: 'created', creates: 1 });
});
