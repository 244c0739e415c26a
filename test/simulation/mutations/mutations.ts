/** A fault to plant in the program: in a file of `src/`, the text `find`, which occurs once, becomes `replace`. */
export type Mutation = {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
};

/** Faults that the simulation must find. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'drop the settle check',
    file: 'pass/written-service.ts',
    find: 'if (paths.length === 0 && lost.length === 0) return null;',
    replace: 'return null;',
  },
  {
    name: 'write from a list of any age',
    file: 'pass/write-guard.ts',
    find: 'isFresh: (maxAgeMs: number) => now() - listedAt <= maxAgeMs,',
    replace: 'isFresh: (_maxAgeMs: number) => true,',
  },
  {
    name: 'do not check the folder before a write',
    file: 'pass/write-guard.ts',
    find: 'const isCurrent = (step: Step) => declarations.include(step) && !account.hasChanged(step);',
    replace: 'const isCurrent = (step: Step) => !account.hasChanged(step);',
  },
  {
    name: 'never check the folder while a plan is applied',
    file: 'pass/snapshot-check.ts',
    find: "if (change === 'files') await onChange();",
    replace: '',
  },
  {
    name: 'forget the budget',
    file: 'cloudflare/budget/sliding-window.ts',
    find: 'if (this.#allows(method, this.#counts)) return 0;',
    replace: 'if (this.#allows(method, this.#counts) || true) return 0;',
  },
  {
    name: 'lose unknown fields',
    file: 'core/service/normalize.ts',
    find: 'if (sameType && sameHost) return unknown;',
    replace: 'if (sameType && sameHost) return new Map();',
  },
  {
    name: 'keep unknown fields of another type',
    file: 'core/service/normalize.ts',
    find: '(mapping === undefined && !sameType)',
    replace: '(mapping === undefined && false)',
  },
  {
    name: 'lose digits',
    file: 'core/base/json.ts',
    find: 'return MAY_CHANGE.test(text) ? parse(text, exactly) : JSON.parse(text);',
    replace: 'return JSON.parse(text);',
  },
  {
    name: 'take a list that lags for drift',
    file: 'pass/own-writes.ts',
    find: 'const isRecent = (at: number) => now() - at <= MAX_LAG_MS;',
    replace: 'const isRecent = (_at: number) => false;',
  },
  {
    name: 'ignore Retry-After',
    file: 'cloudflare/budget/hold.ts',
    find: 'if (ms > 0 && now + ms > this.#until) {',
    replace: 'if (ms > 0 && now + ms > this.#until && retryAfterMs === 0) {',
  },
  {
    name: 'send many requests at once after a 429',
    file: 'cloudflare/budget/hold.ts',
    find: 'const isAnotherInFlight = this.#refusals > 0 && inFlight > 0;',
    replace: 'const isAnotherInFlight = false && inFlight > 0;',
  },
  {
    name: 'never retry a parked update',
    file: 'core/plan/memory.ts',
    find: 'return Math.min(MAX_RETRY_PAUSE_MS, FIRST_RETRY_PAUSE_MS * 2 ** (times - 1));',
    replace: 'return 1000 * MAX_RETRY_PAUSE_MS * FIRST_RETRY_PAUSE_MS * times;',
  },
  {
    name: 'never retry after a failed pass',
    file: 'daemon/triggers.ts',
    find: 'if (retryMs !== null) timerMs = heldMs() + retryMs;',
    replace: 'if (retryMs !== null) timerMs = null;',
  },
  {
    name: 'always ready',
    file: 'core/report/health.ts',
    find: "if (vitals.stopping) return 'shutting down';",
    replace: 'if (vitals.startedAt >= 0) return null;',
  },
  {
    name: 'show secrets',
    file: 'core/base/text/redactor.ts',
    find: '    redact: (text) =>',
    replace: '    redact: (text) => text.length > 0 ? text :',
  },
  {
    name: 'use the old token forever',
    file: 'cloudflare/request-sender.ts',
    find: 'call.credentials = credentials.current();',
    replace: '',
  },
  {
    name: 'count retries twice',
    file: 'cloudflare/request-sender.ts',
    find: 'counts.requests += 1;',
    replace: 'counts.requests += isRetry ? 2 : 1;',
  },
  {
    name: 'create again without a list',
    file: 'pass/create-service.ts',
    find: 'const live = await findAgain(step, created.failure, lists).catch((error: unknown) => {',
    replace: 'const live = await Promise.resolve(null as LiveService | null).catch((error: unknown) => {',
  },
  {
    name: 'ignore a pause',
    file: 'core/plan/withhold.ts',
    find: 'if (pause !== null && isActive(pause, options.at)) {',
    replace: 'if (pause !== null && isActive(pause, options.at) && options.at < 0) {',
  },
  {
    name: 'accept two declarations of one service',
    file: 'core/load/collect.ts',
    find: '.filter((group) => group.length > 1)',
    replace: '.filter((group) => group.length > 9)',
  },
  {
    name: 'create and delete whatever the policy says',
    file: 'core/plan/policy.ts',
    find: 'if (POLICIES.indexOf(policy) >= POLICIES.indexOf(needed)) return null;',
    replace: 'if (POLICIES.indexOf(policy) >= 0) return null;',
  },
  {
    name: 'forget the grace period',
    file: 'pass/deadline.ts',
    find: '  const startTimer = () => {',
    replace: '  const startTimer = () => {\n    if (ms >= 0) return;',
  },
  {
    name: 'count the age of a check from its start',
    file: 'pass/snapshot-check.ts',
    find: 'checkedAt = now();',
    replace: 'checkedAt = startedAt;',
  },
  {
    name: 'use a new list for any time',
    file: 'pass/write-guard.ts',
    find: 'account.isFresh(lists === 0 ? MAX_LIST_AGE_MS : MAX_TURN_MS)',
    replace: '(lists > 0 || account.isFresh(MAX_LIST_AGE_MS))',
  },
];
