export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the value of a variable without surrounding space; empty if the variable is not set. */
export function readVariable(environment: Environment, name: string): string {
  return environment[name]?.trim() ?? '';
}

/** The variables of the account and its credentials. Their names are public: a secret that is set to one is no secret. */
export const ACCOUNT_VARIABLES = [
  'CLOUDFLARE_ACCOUNT_ID',
  'CLOUDFLARE_API_TOKEN_FILE',
  'CLOUDFLARE_API_KEY',
  'CLOUDFLARE_EMAIL',
  'CLOUDFLARE_BASE_URL',
  'VPC_RECONCILER_RECONCILE_TOKEN_FILE',
] as const;

/** Returns which of other variables is set although it is not read; empty if none is. */
export function adviceForOtherNames(environment: Environment, others: readonly string[], name: string): string {
  const other = others.find((each) => readVariable(environment, each) !== '');
  return other === undefined ? '' : `; ${other} is set, but only ${name} is read`;
}
