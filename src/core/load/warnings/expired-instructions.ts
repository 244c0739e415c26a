import { isActive } from '../../service/instructions.ts';
import type { Term } from '../../service/instructions.ts';
import type { Declaration, Tombstone } from '../declaration.ts';
import type { FieldPath } from '../field-path.ts';
import type { LocalWarning } from './service-rules.ts';

/** Warns about instructions that have ended, at a time in milliseconds of Unix time. */
export function findExpired(declaration: Declaration | Tombstone, now: number): readonly LocalWarning[] {
  const { pause, ignore } = declaration.instructions;
  const warn = (term: Term, path: FieldPath): readonly LocalWarning[] => {
    if (isActive(term, now)) return [];
    const message = `ended at ${term.untilText}, so it has no effect; remove it, or write a later time`;
    return [{ declaration, code: 'expired', path: [...path, 'until'], message }];
  };
  return [
    ...(pause === null ? [] : warn(pause, ['reconcile', 'pause'])),
    ...ignore.flatMap((each, index) => warn(each, ['reconcile', 'ignore', index])),
  ];
}
