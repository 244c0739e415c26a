import type { Draw } from './commits.ts';

type Actions = { readonly act: () => void; readonly correct: () => void };

/** Lets a person act a few times, and a commit be corrected, each after a random number of requests. */
export function planActions(draw: Draw, { act, correct }: Actions) {
  const moments = Array.from({ length: Math.floor(draw() * 4) }, () => ({ after: Math.floor(draw() * 40), run: act }));
  if (draw() < 0.5) moments.push({ after: Math.floor(draw() * 25), run: correct });
  const left = new Set(moments);
  let [requests, pending] = [0, 0];
  return {
    onRequest: () => {
      requests += 1;
      for (const moment of left) {
        if (moment.after > requests) continue;
        left.delete(moment);
        pending += 1;
        // The emulator first answers the request that it has just reported.
        setImmediate(() => {
          pending -= 1;
          moment.run();
        });
      }
    },
    finish: () => left.clear(),
    areDone: () => left.size === 0 && pending === 0,
  };
}
