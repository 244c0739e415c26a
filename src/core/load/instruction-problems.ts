import { isObject } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { formatSuggestions, suggest } from '../base/text/suggest.ts';
import { IGNORABLE_PATHS, readInstructions } from '../service/instructions.ts';
import { isAbsent } from '../service/schema.ts';
import { describeValue } from './explain-issue.ts';
import type { FieldPath } from './field-path.ts';

type InstructionProblem = { readonly path: FieldPath; readonly message: string };

/** Returns what is wrong with the instructions of a declaration whose fields are valid: what they refer to, or with what they are combined. */
export function findInstructionProblems(value: JsonObject): readonly InstructionProblem[] {
  const problems = isAbsent(value) ? absentProblems(value) : renameProblems(value);
  return [...problems, ...ignoreProblems(value)];
}

const RENAMED_FROM = ['reconcile', 'renamed_from'];

function absentProblems(value: JsonObject): readonly InstructionProblem[] {
  const { renamedFrom } = readInstructions(value['reconcile']);
  return [
    ...(hasText(value, 'service_id') || hasText(value, 'name')
      ? []
      : [
          {
            path: ['reconcile', 'ensure'],
            message: 'absent needs the service_id or the name of the service to delete',
          },
        ]),
    ...(renamedFrom === null
      ? []
      : [{ path: RENAMED_FROM, message: 'has no effect with "ensure: absent"; remove one of them' }]),
  ];
}

function renameProblems(value: JsonObject): readonly InstructionProblem[] {
  const { renamedFrom } = readInstructions(value['reconcile']);
  if (renamedFrom === null) return [];
  if (hasText(value, 'service_id')) {
    return [
      { path: RENAMED_FROM, message: 'is only for a service without service_id; remove it, and change the name' },
    ];
  }
  if (renamedFrom !== value['name']) return [];
  return [
    {
      path: RENAMED_FROM,
      message: `expected another name than that of the service, found ${describeValue(renamedFrom)}`,
    },
  ];
}

function ignoreProblems(value: JsonObject): readonly InstructionProblem[] {
  const block = value['reconcile'];
  const items: unknown = isObject(block) ? block['ignore'] : [];
  return readInstructions(block).ignore.flatMap(({ path }, index): InstructionProblem[] => {
    const isMapping = Array.isArray(items) && isObject(items[index]);
    const place = ['reconcile', 'ignore', index, ...(isMapping ? ['path'] : [])];
    if (path === 'name' && !hasText(value, 'service_id')) {
      return [
        { path: place, message: 'the name cannot be ignored, because it identifies a service without service_id' },
      ];
    }
    if (IGNORABLE_PATHS.includes(path)) return [];
    const suggestions = formatSuggestions(suggest(path, IGNORABLE_PATHS));
    return [{ path: place, message: `expected the path of a field, found ${describeValue(path)}${suggestions}` }];
  });
}

function hasText(value: JsonObject, key: string): boolean {
  const text = value[key];
  return typeof text === 'string' && text !== '';
}
