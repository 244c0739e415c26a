import type { Report } from '../../../src/core/report/report.ts';
import type { SentRequest } from '../world/api.ts';
import type { Break } from './violation.ts';

/** Checks the pause of all writes, with times of the wall clock. */
export function pauseRules({ wallNow, broken }: { readonly wallNow: () => number; readonly broken: Break }) {
  let until: number | null = null;
  let wasPaused = false;
  const isPaused = () => {
    if (until !== null && wallNow() >= until) until = null;
    return until !== null;
  };
  return {
    onPause: (end: number | null) => {
      until = end ?? Infinity;
    },
    onResume: () => {
      until = null;
    },
    onBegin: () => {
      wasPaused = isPaused();
    },
    onSend: ({ method }: SentRequest) => {
      if (method !== 'GET' && isPaused()) broken('pause', `a ${method} while all writes are paused`);
    },
    onReport: ({ paused, counts }: Report) => {
      if (wasPaused && paused === null) broken('pause', 'the report of a paused pass does not say so');
      if (!wasPaused && paused !== null && !isPaused()) broken('pause', 'the report says that writes are paused');
      if (paused !== null && counts.updated + counts.created + counts.deleted > 0)
        broken('pause', 'a paused pass reports writes');
    },
    reset: () => {
      until = null;
    },
  };
}
