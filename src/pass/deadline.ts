import { formatDuration } from '../core/base/duration.ts';
import { failure, FailureError } from '../core/base/failure.ts';

/** A signal that a timer aborts. `clear` stops the timer and removes its listeners. */
export type TimedSignal = { readonly signal: AbortSignal; readonly clear: () => void };

/** Returns a signal that ends a pass: aborted after `ms`, the `pass_timeout`, or together with `kill`. */
export function passDeadline(ms: number, kill: AbortSignal): TimedSignal {
  const controller = new AbortController();
  const message = `the pass did not finish within pass_timeout (${formatDuration(ms)})`;
  const timer = setTimeout(() => controller.abort(new FailureError(failure('transient', message))), ms);
  return { signal: AbortSignal.any([controller.signal, kill]), clear: () => clearTimeout(timer) };
}

/** Returns a signal that gives up work in progress: aborted `ms`, the `grace_period`, after `stop`. */
export function killAfter(stop: AbortSignal, ms: number): TimedSignal {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const startTimer = () => {
    const message = `stopped: still in progress when grace_period (${formatDuration(ms)}) ended`;
    timer = setTimeout(() => controller.abort(new FailureError(failure('interrupted', message))), ms);
  };
  if (stop.aborted) startTimer();
  else stop.addEventListener('abort', startTimer, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      stop.removeEventListener('abort', startTimer);
      clearTimeout(timer);
    },
  };
}
