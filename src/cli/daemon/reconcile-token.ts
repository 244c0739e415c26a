import { ConfigError } from '../../config/config-error.ts';
import { MIN_TOKEN_LENGTH } from '../../config/setting-values.ts';
import type { Settings } from '../../config/settings.ts';
import { describeTokenError, readToken, tokenReader } from '../../config/token-file.ts';
import type { Context } from '../context.ts';

export type ReconcileTokenOptions = {
  readonly settings: Pick<Settings, 'reconcile_token' | 'reconcile_token_file'>;
  readonly secrets: Context['secrets'];
  /** Called with the reason when the token file no longer contains a token, and with null when it does again. */
  readonly onTokenProblem: (problem: string | null) => void;
};

/**
 * Returns a function that returns the token for requesting a pass; null if the settings name no token. The function reads a token file
 * again for each request. It returns null while the file contains no token, so an operator can empty the file to turn requests off.
 * Throws a `ConfigError` if the file contains no token now.
 */
export function readReconcileToken({
  settings: { reconcile_token: token, reconcile_token_file: file },
  secrets,
  onTokenProblem,
}: ReconcileTokenOptions): (() => Promise<string | null>) | null {
  secrets.add(token ?? undefined);
  if (token !== null) return async () => token;
  if (file === null) return null;
  try {
    readToken(file, secrets.add, MIN_TOKEN_LENGTH);
  } catch (error) {
    throw new ConfigError(`reconcile_token_file: ${describeTokenError(error)}`, { cause: error });
  }
  const read = tokenReader(file, secrets.add, MIN_TOKEN_LENGTH);
  let lastProblem: string | null = null;
  const reportChange = (problem: string | null) => {
    if (problem !== lastProblem) onTokenProblem(problem);
    lastProblem = problem;
  };
  return async () => {
    try {
      const current = await read();
      reportChange(null);
      return current;
    } catch (error) {
      reportChange(describeTokenError(error));
      return null;
    }
  };
}
