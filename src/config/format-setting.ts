import { parse } from 'yaml';

/** Returns a value as YAML for a configuration file: plain where YAML reads it back unchanged, quoted otherwise. */
export function formatSetting(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatSetting).join(', ')}]`;
  return typeof value === 'string' && /^[\w./:-]+$/.test(value) && parse(value) === value
    ? value
    : JSON.stringify(value);
}
