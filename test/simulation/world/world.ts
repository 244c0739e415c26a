import type { Scenario } from '../scenario/scenario.ts';
import { randomOf } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { inNotationOfApi, worldAccount } from './account.ts';
import type { WorldAccount } from './account.ts';
import { worldApi } from './api.ts';
import type { Api } from './api.ts';
import { worldFolder } from './folder.ts';
import type { WorldFolder } from './folder.ts';
import { worldNetwork } from './network.ts';
import type { Network, NetworkObserver } from './network.ts';
import { worldRepository } from './repository.ts';
import type { Repository } from './repository.ts';
import { changed, idOf, newService, toValue } from './service.ts';
import { worldToken } from './token.ts';
import type { WorldToken } from './token.ts';

export const ACCOUNT_ID = '0123456789abcdef0123456789abcdef';

/** Everything around the program. */
export type World = {
  readonly time: VirtualTime;
  readonly repository: Repository;
  readonly folder: WorldFolder;
  readonly account: WorldAccount;
  readonly api: Api;
  readonly network: Network;
  readonly token: WorldToken;
};

/** Creates a world in which some services differ from their declarations. */
export function createWorld(scenario: Scenario, time: VirtualTime, observer: NetworkObserver): World {
  const { seed, services, others, settings } = scenario;
  const random = randomOf(seed, 'world');
  const { values } = settings;
  const repository = worldRepository({ count: services, values, random, wallNow: time.wallNow });
  const account = worldAccount(time);
  for (const service of repository.services()) {
    const live = random.chance(0.4) ? changed(service, random) : service;
    account.set(service.id, inNotationOfApi(toValue(live), random));
  }
  for (let index = 0; index < others; index += 1) {
    const other = newService(idOf(20_000 + index), `other-${index}`, random);
    account.set(other.id, inNotationOfApi(toValue(other), random));
  }
  const token = worldToken(time);
  const api = worldApi(time, account, ACCOUNT_ID, randomOf(seed, 'api'));
  api.conditions.tokens.add(token.current());
  const folder = worldFolder({ time, first: repository.head(), values, random: randomOf(seed, 'folder') });
  const network = worldNetwork({ time, api, observer, randomFor: (request) => randomOf(seed, 'request', request) });
  return { time, repository, folder, account, api, network, token };
}
