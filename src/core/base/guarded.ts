/**
 * Returns a function that calls `call` and never throws: an error is passed to `onBug`, so that one faulty receiver stops neither the
 * caller nor the other receivers.
 */
export function guarded<Args extends readonly unknown[]>(
  call: (...args: Args) => void,
  onBug: (error: unknown) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      call(...args);
    } catch (error) {
      try {
        onBug(error);
      } catch {
        // Nothing is left to which it could be reported.
      }
    }
  };
}
