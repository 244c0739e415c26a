/** Reports everything that is wrong with the configuration, the account or the files named on the command line, one line per problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
