import { unlessAborted } from '../core/base/abort.ts';
import { cachedByIdentity } from '../core/base/identity-cache.ts';
import { keyOfName } from '../core/compare/compare.ts';
import { collect } from '../core/load/collect.ts';
import type { Declaration, Tombstone } from '../core/load/declaration.ts';
import type { Source } from '../core/load/source.ts';
import { claimsOf } from '../core/plan/assertions/claims.ts';
import type { Declarations } from '../core/plan/assertions/claims.ts';
import { fingerprint } from '../core/plan/fingerprint.ts';
import type { Step } from '../core/plan/step.ts';
import { normalize } from '../core/service/normalize.ts';

export type CurrentDeclarationsOptions = {
  readonly source: Source;
  /** The declarations that the plan was made from. */
  readonly planned: Declarations;
  readonly stop: AbortSignal;
};

/** The valid declarations that the folder holds now, compared with those of a plan. */
export type CurrentDeclarations = {
  /** Reads them again. Returns whether they still say the same; other changes of the folder do not matter to a plan. */
  readonly refresh: () => Promise<boolean>;
  /** Whether the last refresh found the declaration of a step, and no other one for its service. */
  readonly include: (step: Step) => boolean;
  /** Returns all of them, as the last refresh found them. */
  readonly latest: () => Declarations;
};

export function currentDeclarations({ source, planned, stop }: CurrentDeclarationsOptions): CurrentDeclarations {
  const before = contentByKey(planned);
  let current: ReadonlyMap<string, string> | null = null;
  let latest = planned;
  return {
    refresh: async () => {
      const files = await unlessAborted(stop, async () => source.readAgain(stop));
      latest = collect(files);
      const found = contentByKey(latest);
      current = found;
      return before.size === found.size && [...before].every(([key, content]) => found.get(key) === content);
    },
    include: (step) => {
      if (current === null) return true;
      const declaration = step.kind === 'delete' ? step.finding.tombstone : step.finding.declaration;
      const key = keyOf(declaration);
      return current.get(key) === contentOf(declaration) && isClaimedBy(key, step, latest);
    },
    latest: () => latest,
  };
}

/** Whether a declaration is the only one for the service of a step. */
function isClaimedBy(key: string, step: Step, declarations: Declarations): boolean {
  const identity =
    step.kind === 'create' ? { service_id: null, name: step.finding.declaration.name } : step.finding.live;
  const claims = claimsOf(identity, declarations);
  return claims.length === 1 && claims.every(({ declaration }) => keyOf(declaration) === key);
}

function contentByKey({ declarations, tombstones }: Declarations): Map<string, string> {
  return new Map([...declarations, ...tombstones].map((each) => [keyOf(each), contentOf(each)]));
}

function keyOf({ service_id, name }: Declaration | Tombstone): string {
  return service_id ?? keyOfName(name ?? '');
}

/** Returns a text that is equal for declarations that say the same. */
const contentOf = cachedByIdentity((declaration: Declaration | Tombstone) => {
  const kind = 'fieldPositions' in declaration ? 'absent' : 'present';
  return `${kind} ${fingerprint(normalize(declaration.value).known)} ${JSON.stringify(declaration.instructions)}`;
});
