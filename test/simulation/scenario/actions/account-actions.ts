import { inNotationOfApi } from '../../world/account.ts';
import type { Treatment } from '../../world/account.ts';
import { changed, digits, idOf, isMapping, newService, toValue, TUNNELS } from '../../world/service.ts';
import type { JsonValue } from '../../world/service.ts';
import { during, deliver, pickService, takenName, TOP_LEVEL, unknownOf } from './scene.ts';
import type { Actions, Scene } from './scene.ts';

/** Other people and programs change services, and the API treats some in its own way. */
export const ACCOUNT_ACTIONS = {
  'live edit': (scene) => editLive(scene),
  'live revert': (scene) => editLive(scene),
  'live delete': ({ world, random }) => {
    const [id] = random.sample(world.account.ids(), 1);
    if (id === undefined || random.chance(0.5)) return 'nothing';
    world.account.set(id, null);
    return id;
  },
  'live create': (scene) => {
    const { world, random, event } = scene;
    if (random.chance(0.7)) {
      // Somebody creates what git is about to create.
      const wanted = world.repository.addNamed(random);
      deliver(scene);
      world.time.inWorld(random.int(100, 2000), () => {
        const isFree = world.account.ids().every((id) => world.account.get(id)?.['name'] !== wanted.name);
        const service = random.chance(0.5) ? wanted : changed(wanted, random);
        if (isFree) world.account.set(idOf(5000 + event.number), inNotationOfApi(toValue(service), random));
      });
      return wanted.name;
    }
    const service = newService(idOf(5000 + event.number), takenName(world, random), random);
    world.account.set(service.id, inNotationOfApi(toValue(service), random));
    return service.name;
  },
  rival: (scene) => {
    const { world, random, event, endAt } = scene;
    const service = pickService(scene);
    if (service === null) return 'nobody';
    const change = () => inNotationOfApi(toValue(changed(service, random)), random);
    let value = change();
    const everyMs = random.pick([1000, 20_000, 300_000]);
    const isFickle = random.chance(0.5);
    const end = Math.min(endAt, world.time.now() + event.forMs * 4);
    const act = () => {
      const live = world.account.get(service.id);
      if (live !== null && live['host'] !== value['host']) {
        if (isFickle) value = change();
        world.account.set(service.id, { ...value, name: live['name'] });
      }
      if (world.time.now() + everyMs < end) world.time.inWorld(everyMs, act);
    };
    act();
    return `${service.name} every ${everyMs} ms for ${event.forMs * 4} ms${isFickle ? ', another value each time' : ''}`;
  },
  'new fields': (scene) => growFields(scene),
  'refused service': (scene) => {
    const [status, code, message] = scene.random.pick([
      [400, 5101, 'request contained invalid parameters'],
      [400, 5102, 'invalid json'],
      [200, 5101, 'refused'],
      [422, 5199, 'refused'],
    ] as const);
    return treat(scene, { kind: 'refuse', status, code, message });
  },
  'altered value': (scene) => {
    const what = scene.random.pick(['port', 'unknown', 'unknown', 'tls'] as const);
    return treat(scene, { kind: 'alter', alter: ALTERATIONS[what] });
  },
  'forgotten write': (scene) => treat(scene, { kind: 'forget' }),
  'gone tunnel': (scene) => {
    const { goneTunnels } = scene.world.account;
    const tunnel = scene.random.pick(TUNNELS);
    goneTunnels.add(tunnel);
    return during(scene, () => goneTunnels.delete(tunnel));
  },
  'full account': (scene) => {
    const { account, repository } = scene.world;
    for (let count = scene.random.int(1, 3); count > 0; count -= 1) repository.addNamed(scene.random);
    deliver(scene);
    account.conditions.maxServices = account.ids().length;
    return during(scene, () => {
      account.conditions.maxServices = 1000;
    });
  },
} satisfies Actions;

function editLive(scene: Scene): string {
  const { world, random } = scene;
  const service = pickService(scene);
  const live = service === null ? null : world.account.get(service.id);
  if (service === null || live === null) return 'nothing';
  const other = changed(service, random);
  const name = random.chance(0.1) ? takenName(world, random) : service.name;
  // Other tools leave out what they do not know, too.
  const kept = random.chance(0.8) ? unknownOf(live) : {};
  world.account.set(service.id, inNotationOfApi({ ...kept, ...toValue({ ...other, name }) }, random));
  return service.name;
}

function growFields(scene: Scene): string {
  const { world, random } = scene;
  const service = pickService(scene);
  const live = service === null ? null : world.account.get(service.id);
  if (service === null || live === null) return 'nothing';
  const value = random.pick<unknown>([
    digits('12345678901234567890'),
    digits('1e400'),
    digits('0.10'),
    [1, digits('2.50'), { deep: [digits('-0')] }],
    'text',
    { nested: { a: true } },
  ]);
  const host = live['host'];
  const tls = live['tls_settings'];
  switch (random.int(0, 3)) {
    case 0:
      if (!isMapping(host)) return 'nothing';
      world.account.set(service.id, { ...live, host: { ...host, weight: value } });
      break;
    case 1:
      if (!isMapping(tls)) return 'nothing';
      world.account.set(service.id, { ...live, tls_settings: { ...tls, minimum: value } });
      break;
    default:
      world.account.set(service.id, { ...live, [random.pick(['zone', 'priority', 'weights', 'a.b'])]: value });
  }
  return service.name;
}

function treat(scene: Scene, treatment: Treatment): string {
  const { treatments } = scene.world.account;
  const service = pickService(scene);
  if (service === null) return 'nothing';
  treatments.set(service.id, treatment);
  // Only a service that differs is written.
  const live = scene.world.account.get(service.id);
  if (live !== null && scene.random.chance(0.6)) {
    const other = { ...toValue(changed(service, scene.random)), name: live['name'] };
    // A field to lose.
    const unknown = { ...unknownOf(live), ...(treatment.kind === 'alter' ? { zone: 'text' } : {}) };
    scene.world.account.set(service.id, inNotationOfApi({ ...unknown, ...other }, scene.random));
    scene.control.requestPass();
  }
  const length = during(scene, () => {
    if (treatments.get(service.id) === treatment) treatments.delete(service.id);
  });
  return `${service.name} ${length}`;
}

const ALTERATIONS: Readonly<Record<'port' | 'unknown' | 'tls', (value: JsonValue) => JsonValue>> = {
  port: (value) => (value['type'] === 'tcp' ? { ...value, tcp_port: 1 } : { ...value, http_port: 1 }),
  unknown: (value) => Object.fromEntries(Object.entries(value).filter(([key]) => !TOP_LEVEL.test(key))),
  tls: ({ tls_settings: _tls, ...value }) => value,
};
