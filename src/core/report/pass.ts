/** The causes of a pass. */
export const TRIGGERS = ['startup', 'change', 'interval', 'schedule', 'signal', 'request', 'command'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** Whether a pass retries parked updates at once. A person who requests a pass expects that; other triggers wait. */
export const RETRIES_PARKED = {
  startup: false,
  change: false,
  interval: false,
  schedule: false,
  signal: true,
  request: true,
  command: true,
} as const satisfies Record<Trigger, boolean>;

/** `detect` and `plan` write nothing: `detect` is the setting that only reports drift, `plan` is the command that shows what `apply` would do. */
export const MODES = ['apply', 'detect', 'plan'] as const;
export type Mode = (typeof MODES)[number];

/**
 * How a pass ended:
 *
 *   in_sync       no differences, no problems
 *   converged     all differences were updated, no problems; the list may not show every update yet
 *   pending       plan or detect: there are differences, no problems
 *   partial       a service failed, or is withheld, unsettled, missing or invalid; or a file has problems
 *   interrupted   the process was stopped
 *   failed        the folder could not be read, or the account could not be listed
 *   denied        the API refused the credential or the account, or a proxy or firewall the request
 */
export const PASS_OUTCOMES = ['in_sync', 'converged', 'pending', 'partial', 'interrupted', 'failed', 'denied'] as const;
export type PassOutcome = (typeof PASS_OUTCOMES)[number];
