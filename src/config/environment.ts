export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the value of a variable without surrounding space; empty if the variable is not set. */
export function readVariable(environment: Environment, name: string): string {
  return environment[name]?.trim() ?? '';
}
