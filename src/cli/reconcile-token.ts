import { ConfigError } from '../config/config-error.ts';
import { MIN_TOKEN_LENGTH } from '../config/setting-values.ts';
import type { Settings } from '../config/settings.ts';
import { describeTokenError, readToken } from '../config/token-file.ts';
import type { Context } from './context.ts';

export type ReconcileTokenOptions = {
  readonly settings: Pick<Settings, 'reconcile_token' | 'reconcile_token_file'>;
  readonly secrets: Context['secrets'];
  /** Called once with the reason when the file stops holding a token, and with null when it holds one again. */
  readonly onTokenFile: (problem: string | null) => void;
};

/**
 * Returns a function that reads the token for requesting a pass; null if the settings name no token. The function reads a token file again
 * for each request, and returns null while the file holds no token: an operator can empty the file to turn requests off. Throws a
 * `ConfigError` if the file holds no token at the start.
 */
export function readReconcileToken({
  settings: { reconcile_token: token, reconcile_token_file: file },
  secrets,
  onTokenFile,
}: ReconcileTokenOptions): (() => string | null) | null {
  secrets.add(token ?? undefined);
  if (token !== null) return () => token;
  if (file === null) return null;
  const read = () => readToken(file, secrets.add, MIN_TOKEN_LENGTH);
  try {
    read();
  } catch (error) {
    throw new ConfigError(`reconcile_token_file: ${describeTokenError(error)}`, { cause: error });
  }
  let lastProblem: string | null = null;
  const reportChange = (problem: string | null) => {
    if (problem !== lastProblem) onTokenFile(problem);
    lastProblem = problem;
  };
  return () => {
    try {
      const current = read();
      reportChange(null);
      return current;
    } catch (error) {
      reportChange(describeTokenError(error));
      return null;
    }
  };
}
