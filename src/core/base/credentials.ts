/** How to prove who asks: a token, or the e-mail and key of an account member. */
export type Credentials = { readonly token: string } | { readonly email: string; readonly key: string };

/** Where the credential comes from, which may change while the program runs. The same one is the same object. */
export type CredentialSource = {
  readonly current: () => Credentials;
  /** Looks once more, after a denial: whether `current` is another one now than the one that was refused. */
  readonly renewed: (refused: Credentials) => boolean;
  /** Calls back whenever `current` has become another one without being asked. Gives what ends that. */
  readonly watch: (onChange: () => void) => () => void;
};

/** A credential that stays what it is. */
export function constant(credentials: Credentials): CredentialSource {
  return { current: () => credentials, renewed: () => false, watch: () => () => {} };
}

/** Where somebody set the account, by the names of variables; null where nobody did. */
export type AccountVariables = { readonly credential: string; readonly baseUrl: string | null };
