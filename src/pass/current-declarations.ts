import { unlessAborted } from '../core/base/abort.ts';
import { collect } from '../core/load/collect.ts';
import type { Declaration } from '../core/load/declaration.ts';
import type { Source } from '../core/load/source.ts';
import { sameFields } from '../core/plan/fingerprint.ts';
import { stepId } from '../core/plan/step.ts';
import type { Step } from '../core/plan/step.ts';
import { normalize } from '../core/service/normalize.ts';

export type CurrentDeclarationsOptions = {
  readonly source: Source;
  /** The declarations that the plan was made from. */
  readonly planned: readonly Declaration[];
  readonly stop: AbortSignal;
};

/** The valid declarations that the folder holds now, compared with those of a plan. */
export type CurrentDeclarations = {
  /** Reads them again. Returns whether they still have the same values; other changes of the folder do not matter to a plan. */
  readonly refresh: () => Promise<boolean>;
  /** Whether the last refresh found what a step writes. */
  readonly include: (step: Step) => boolean;
};

export function currentDeclarations({ source, planned, stop }: CurrentDeclarationsOptions): CurrentDeclarations {
  let current: ReadonlyMap<string, Declaration> | null = null;
  return {
    refresh: async () => {
      const files = await unlessAborted(stop, async () => source.readAgain(stop));
      const { declarations } = collect(files);
      current = new Map(declarations.map((declaration) => [declaration.service_id, declaration]));
      const isSame = ({ service_id: id, value }: Declaration) => {
        const now = current?.get(id);
        return now !== undefined && sameFields(normalize(now.value).known, normalize(value).known);
      };
      return planned.length === declarations.length && planned.every(isSame);
    },
    include: (step) => {
      if (current === null) return true;
      const declaration = current.get(stepId(step));
      return declaration !== undefined && sameFields(normalize(declaration.value).known, step.finding.declared);
    },
  };
}
