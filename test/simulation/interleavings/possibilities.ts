import type { VirtualTime } from '../time/virtual-time.ts';
import type { HeldRequest } from './held-network.ts';
import type { Situation } from './situations.ts';
import { describe } from './small-world.ts';
import type { SmallWorld } from './small-world.ts';

/** Something that can happen next. */
export type Possibility = { readonly name: string; readonly happen: () => void };

/** Returns a function that lists everything that can happen next in a world, except that time passes. */
export function possibilitiesOf(
  situation: Situation,
  world: SmallWorld,
  time: VirtualTime,
): () => readonly Possibility[] {
  const script = [...situation.script];
  const left = { cuts: situation.cuts, kills: situation.kills, lags: situation.lags };
  /** A possibility that is limited in number. */
  const atMost = (what: keyof typeof left, name: string, happen: () => void): readonly Possibility[] => {
    if (left[what] === 0) return [];
    const count = () => {
      left[what] -= 1;
      happen();
    };
    return [{ name, happen: count }];
  };
  const movesOf = (request: HeldRequest): readonly Possibility[] => {
    const name = describe(request);
    const cut = () => world.cut(request);
    if (request.answer !== null) {
      const delivered = { name: `${name} is answered`, happen: () => world.deliver(request) };
      return [delivered, ...atMost('cuts', `the answer of ${name} is lost`, cut)];
    }
    const arrived = { name: `${name} arrives`, happen: () => world.arrive(request) };
    const isList = request.method === 'GET';
    const arriveLate = () => world.arrive(request, { lagMs: time.now() });
    return [
      arrived,
      ...atMost('cuts', `${name} is lost`, cut),
      ...(isList ? atMost('lags', `${name} arrives, and the list is as at the start`, arriveLate) : []),
    ];
  };
  return () => {
    const event = script[0];
    const idle = world.players.filter(({ isBusy, passesLeft }) => !isBusy && passesLeft > 0);
    const busy = world.players.filter(({ isBusy }) => isBusy);
    return [
      ...world.requests().flatMap(movesOf),
      ...idle.map((player) => ({
        name: `${player.writer.name} begins a pass`,
        happen: () => {
          player.passesLeft -= 1;
          world.begin(player);
        },
      })),
      ...(event === undefined ? [] : [{ name: event.kind, happen: () => world.happen(script.shift() ?? event) }]),
      ...busy.flatMap((player) => atMost('kills', `${player.writer.name} is killed`, () => world.kill(player))),
    ];
  };
}
