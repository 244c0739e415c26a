import type { Config } from './load-config.ts';

/** Returns the effective settings as a configuration file, with the origin of each as a comment. */
export function renderConfig({ origins }: Config): string {
  const lines = [...origins].map(([name, { text, from }]) => ({ line: `${name}: ${text}`, from }));
  const width = Math.max(...lines.map(({ line }) => line.length));
  return lines.map(({ line, from }) => `${line.padEnd(width)}  # ${from}`).join('\n');
}
