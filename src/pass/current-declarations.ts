import { unlessAborted } from '../core/base/abort.ts';
import { cachedByIdentity } from '../core/base/identity-cache.ts';
import { keyOfName } from '../core/compare/compare.ts';
import { collect } from '../core/load/collect.ts';
import type { Declared } from '../core/load/collect.ts';
import type { Declaration, Tombstone } from '../core/load/declaration.ts';
import type { Source } from '../core/load/source.ts';
import { fingerprint } from '../core/plan/fingerprint.ts';
import type { Step } from '../core/plan/step.ts';
import { normalize } from '../core/service/normalize.ts';

export type CurrentDeclarationsOptions = {
  readonly source: Source;
  /** The declarations that the plan was made from. */
  readonly planned: Pick<Declared, 'declarations' | 'tombstones'>;
  readonly stop: AbortSignal;
};

/** The valid declarations that the folder holds now, compared with those of a plan. */
export type CurrentDeclarations = {
  /** Reads them again. Returns whether they still say the same; other changes of the folder do not matter to a plan. */
  readonly refresh: () => Promise<boolean>;
  /** Whether the last refresh found the declaration of a step. */
  readonly include: (step: Step) => boolean;
};

export function currentDeclarations({ source, planned, stop }: CurrentDeclarationsOptions): CurrentDeclarations {
  const before = contentByKey(planned);
  let current: ReadonlyMap<string, string> | null = null;
  return {
    refresh: async () => {
      const files = await unlessAborted(stop, async () => source.readAgain(stop));
      const found = contentByKey(collect(files));
      current = found;
      return before.size === found.size && [...before].every(([key, content]) => found.get(key) === content);
    },
    include: (step) => {
      if (current === null) return true;
      const declaration = step.kind === 'delete' ? step.finding.tombstone : step.finding.declaration;
      return current.get(keyOf(declaration)) === contentOf(declaration);
    },
  };
}

function contentByKey({ declarations, tombstones }: CurrentDeclarationsOptions['planned']): Map<string, string> {
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
