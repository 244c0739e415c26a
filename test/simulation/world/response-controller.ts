import type { Dispatcher } from 'undici';

/** Returns the controller with which the receiver of a response can give it up. Responses are never paused. */
export function responseController(exchange: {
  readonly hasEnded: () => boolean;
  /** Called when the receiver gives up, unless the exchange has ended. */
  readonly onAbort: (reason: Error) => void;
}): Dispatcher.DispatchController {
  return {
    get aborted() {
      return exchange.hasEnded();
    },
    get paused() {
      return false;
    },
    get reason() {
      return null;
    },
    abort: (reason: Error) => {
      if (!exchange.hasEnded()) exchange.onAbort(reason);
    },
    pause: () => {},
    resume: () => {},
  };
}
