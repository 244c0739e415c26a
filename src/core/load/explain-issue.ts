import { isObject } from '../base/json.ts';
import { fieldByPath } from '../service/fields.ts';
import { isSentence } from '../service/schema.ts';
import type { Issue } from '../service/schema.ts';
import { formatPath } from './field-path.ts';
import { suggestFix } from './fixes.ts';
import type { YamlDocument } from './yaml/yaml-document.ts';

/** Returns what was expected, what was found and, for a common mistake, how to fix it. */
export function explainIssue(issue: Issue, document: YamlDocument): string {
  const { input, message, path } = issue;
  if (isSentence(issue)) return message;
  if (input === undefined) return `missing; expected ${message}`;
  const source = document.sourceOf(path);
  const found = describeValue(input, source);
  const field = formatPath(path);
  const expectsNumber = issue.code === 'invalid_type' && issue.expected === 'number';
  if (expectsNumber && typeof input === 'string' && /^\d+$/.test(input)) {
    return `expected ${message}, found the text ${found}; remove the quotes`;
  }
  if (isFreeText(field) && (typeof input === 'number' || typeof input === 'boolean')) {
    return `expected ${message}, found ${found}, which YAML reads as a ${typeof input}; put it in quotes`;
  }
  return `expected ${message}, found ${found}${suggestFix(field, input, source)}`;
}

/** Whether the text of a field may look like a number or a boolean. */
function isFreeText(field: string): boolean {
  const kind = fieldByPath.get(field)?.value.kind;
  return kind === 'text' || kind === 'hostname';
}

/** Returns a value for a message, in at most 80 characters. `source` is how the file writes a value that is not text. */
export function describeValue(value: unknown, source?: string): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : (source ?? JSON.stringify(value));
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
