/** The credential of a request: an API token, or the email address and global API key of an account member. */
export type Credentials = { readonly token: string } | { readonly email: string; readonly key: string };

/** Provides the credential, which may be replaced while the program runs. An unchanged credential is always the same object. */
export type CredentialSource = {
  readonly current: () => Credentials;
  /** Reads the credential again after the API refused it. Resolves to whether `current` now differs from the refused one. */
  readonly reload: (refused: Credentials) => Promise<boolean>;
  /**
   * Calls `onChange` whenever `current` has changed without a call of `reload`.
   * Calls `onProblem` when the credential can no longer be read, and with null once it can be again: until then the last one stays in use.
   * Returns a function that stops the watch.
   */
  readonly watch: (onChange: () => void, onProblem?: (problem: string | null) => void) => () => void;
};

/** Returns a source whose credential never changes. */
export function fixedCredentials(credentials: Credentials): CredentialSource {
  return { current: () => credentials, reload: async () => false, watch: () => () => {} };
}

/** The names of the environment variables that set the account. `baseUrl` is null if the default applies. */
export type AccountVariables = { readonly credential: string; readonly baseUrl: string | null };
