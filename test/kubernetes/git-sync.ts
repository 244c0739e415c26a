/*
 * The flags of git-sync v4 without the deprecated ones: https://github.com/kubernetes/git-sync/blob/v4.7.1/README.md
 * Each flag is also a variable, for example `GITSYNC_HTTP_BIND`.
 */

const FLAGS = new Set(
  `add-user askpass-url cookie-file credential depth error-file exechook-backoff exechook-command exechook-timeout filter git git-config
  git-gc github-app-application-id github-app-client-id github-app-installation-id github-app-private-key-file github-base-url group-write
  http-bind http-metrics http-pprof init-max-failures init-period link max-failures one-time password-file period ref repo root
  sparse-checkout-file ssh-key-file ssh-known-hosts ssh-known-hosts-file stale-worktree-timeout submodules sync-on-signal sync-timeout
  touch-file username verbose webhook-backoff webhook-method webhook-success-status webhook-timeout webhook-url`.split(
    /\s+/,
  ),
);

/** Has no flag. */
const PASSWORD_VARIABLE = 'GITSYNC_PASSWORD';

export type GitSyncOptions = {
  /** Values by flag; a flag without a value is `true`. */
  readonly values: ReadonlyMap<string, string>;
  /** Arguments and variables that git-sync does not have. */
  readonly unknown: readonly string[];
};

/** Returns the options of git-sync from its arguments and variables. Flags win. */
export function gitSyncOptions(args: readonly string[], environment: Readonly<Record<string, string>>): GitSyncOptions {
  const values = new Map<string, string>();
  const unknown: string[] = [];
  for (const [variable, value] of Object.entries(environment)) {
    if (variable === PASSWORD_VARIABLE) continue;
    const flag = variable
      .replace(/^GITSYNC_/, '')
      .toLowerCase()
      .replaceAll('_', '-');
    if (variable.startsWith('GITSYNC_') && FLAGS.has(flag)) values.set(flag, value);
    else unknown.push(variable);
  }
  for (const argument of args) {
    const [, flag = '', value = 'true'] = /^--([\w-]+)(?:=(.*))?$/.exec(argument) ?? [];
    if (FLAGS.has(flag)) values.set(flag, value);
    else unknown.push(argument);
  }
  return { values, unknown };
}
