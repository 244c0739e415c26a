import { buildConnector } from 'undici';

export type ConnectorOptions = Parameters<typeof buildConnector>[0] & { readonly timeout: number };

/** How long Node waits for one address of a host before it tries the next one. */
const QUICK_ATTEMPT_MS = 250;

/** Enough for any round trip, even if a packet is lost and sent again after a second. */
const PATIENT_ATTEMPT_MS = 3000;

/**
 * Creates a function that connects to the first address of a host that answers. At first, each address gets 250 ms, so that an address
 * that never answers, such as IPv6 behind a broken router, costs little. On a network with longer round trips, no address would answer in
 * time. So after such a failure, addresses get more time, until a connection is quick again.
 */
export function patientConnector(options: ConnectorOptions): buildConnector.connector {
  const attemptMs = Math.max(QUICK_ATTEMPT_MS, Math.min(PATIENT_ATTEMPT_MS, options.timeout / 4));
  // The last address has no limit of its own, so the quick connector gets one as a whole.
  const quick = buildConnector({ ...options, timeout: attemptMs, autoSelectFamilyAttemptTimeout: QUICK_ATTEMPT_MS });
  const patient = buildConnector({ ...options, autoSelectFamilyAttemptTimeout: attemptMs });
  let isSlow = false;

  const connectPatiently: buildConnector.connector = (target, callback) => {
    const startedAt = performance.now();
    patient(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      isSlow = performance.now() - startedAt > QUICK_ATTEMPT_MS;
      callback(null, socket);
    });
  };
  return (target, callback) => {
    if (isSlow) return connectPatiently(target, callback);
    quick(target, (...[error, socket]) => {
      if (error === null) return callback(null, socket);
      if (!('code' in error) || error.code !== 'UND_ERR_CONNECT_TIMEOUT') return callback(error, null);
      isSlow = true;
      connectPatiently(target, callback);
    });
  };
}
