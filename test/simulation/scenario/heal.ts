import type { World } from '../world/world.ts';

/** Ends everything that keeps the program from its work. What the program remembers of it is up to the program. */
export function heal({ time, network, api, folder, account, token, repository }: World): void {
  network.conditions.faults = { probability: 0, kinds: [] };
  network.conditions.latencyMs = [300, 770];
  Object.assign(api.conditions, {
    lagMs: 0,
    maxPerPage: 1000,
    resultInfo: 'full',
    ignoresPage: false,
    isChallenging: false,
    ratelimit: null,
    limit: 1200,
  });
  api.conditions.tokens.add(token.current());
  api.conditions.readOnlyTokens.clear();
  account.treatments.clear();
  account.conditions.maxServices = MAX_SERVICES;
  account.goneTunnels.clear();
  folder.conditions.readMs = folder.conditions.usualReadMs;
  folder.conditions.isDeaf = false;
  folder.setMissing(false);
  repository.mendFiles(noRandom);

  const holders = new Map(account.ids().map((id) => [account.get(id)?.['name'], id]));
  const services = repository.services();
  const blocked = services.filter(({ id, name }) => {
    const holder = holders.get(name);
    const isTwice = services.filter((other) => other.name === name).length > 1;
    return isTwice || (holder !== undefined && holder !== id);
  });
  repository.renameApart(new Set(blocked.map(({ id }) => id)));
  // Whatever ends soon must end by itself. Nothing ends later, when everything must be quiet.
  repository.endTermsBefore(time.wallNow() + 10 * 60_000);
  const head = repository.head();
  if (head.size > 0) folder.deliver(head, 'swap', noRandom);
}

/** https://developers.cloudflare.com/workers-vpc/platform/limits/ */
const MAX_SERVICES = 1000;

const noRandom = {
  next: () => 0.9,
  int: (min: number) => min,
  log: (min: number) => min,
  chance: () => false,
  pick: <Item>(items: readonly Item[]): Item => {
    const [first] = items;
    if (first === undefined) throw new Error('nothing to pick from');
    return first;
  },
  sample: <Item>(items: readonly Item[]) => items,
};
