import { changesBetween } from '../core/compare/compare.ts';
import { findLostPaths } from '../core/compare/lost-fields.ts';
import type { UnsettledOutcome } from '../core/plan/outcome.ts';
import type { Create, Update } from '../core/plan/step.ts';
import type { LiveService } from '../core/service/directory.ts';
import { normalize } from '../core/service/normalize.ts';
import type { Fields } from '../core/service/normalize.ts';

/**
 * Compares the answer to a create or an update with the declaration. Returns null if the API stored what was sent. A value that it stores
 * differently would otherwise be sent in every pass.
 */
export function outcomeOfWrite(
  { finding, carriedOver }: Create | Update,
  live: LiveService,
  attempts: number,
): UnsettledOutcome | null {
  const { known: stored, unknown } = normalize(live.value);
  const sent: Fields = finding.kind === 'missing' ? new Map() : finding.unknown;
  const paths = changesBetween(stored, finding.declared).map((change) => change.path);
  const lost = carriedOver.flatMap((path) => findLostPaths(path, sent.get(path), unknown.get(path)));
  if (paths.length === 0 && lost.length === 0) return null;
  const { service_id } = live;
  return { result: 'unsettled', attempts, service_id, paths, stored, unknown, ...(lost.length === 0 ? {} : { lost }) };
}
