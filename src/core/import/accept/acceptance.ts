import { changesBetween } from '../../compare/compare.ts';
import type { Change, Drifted, Finding, InSync, Missing } from '../../compare/compare.ts';
import { identifyFinding, select } from '../../compare/select.ts';
import type { Selection } from '../../compare/select.ts';
import type { Declaration } from '../../load/declaration.ts';
import type { LiveService } from '../../service/directory.ts';
import { normalize } from '../../service/normalize.ts';
import type { FieldChange } from '../edit/edit-declaration.ts';
import { toDeclaration } from '../to-declaration.ts';

/** The result of accepting a service: changes of its declaration, a reason why it is not possible, or nothing to do. */
export type Acceptance = ServiceEdit | Refusal | { readonly kind: 'done'; readonly name: string };

/** The changes that make a declaration equal to its live service. */
export type ServiceEdit = {
  readonly kind: 'edit';
  readonly declaration: Declaration;
  readonly live: LiveService;
  readonly changes: readonly FieldChange[];
  /** The live fields that a declaration cannot contain. */
  readonly unknownFields: readonly string[];
};

/** Why a service is not accepted. `file` and `line` are null if it is not declared. */
export type Refusal = {
  readonly kind: 'refused';
  readonly name: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly reason: string;
};

/** A finding; and the unmanaged service of the same name if it is missing, which has probably been created again. */
export type Candidate = { readonly finding: Finding; readonly recreated: LiveService | null };

/** Returns the candidates that names and ids select. An unmanaged service that replaces a missing one is no candidate of its own. */
export function selectCandidates(findings: readonly Finding[], wanted: readonly string[]): Selection<Candidate> {
  const unmanaged = new Map<string, LiveService>();
  for (const finding of findings) if (finding.kind === 'unmanaged') unmanaged.set(finding.live.name, finding.live);
  const candidates = findings.map((finding): Candidate => {
    const recreated = finding.kind === 'missing' ? unmanaged.get(finding.declaration.name) : undefined;
    return { finding, recreated: recreated ?? null };
  });
  const replacements = new Set(candidates.map(({ recreated }) => recreated));
  return select(
    candidates.filter(({ finding }) => finding.kind !== 'unmanaged' || !replacements.has(finding.live)),
    wanted,
    ({ finding, recreated }) => {
      const { service_id, names } = identifyFinding(finding);
      return { service_id, names: [...names, recreated?.service_id ?? null] };
    },
  );
}

export type AcceptOptions = {
  /** Whether only a `service_id` is written: one that is missing, or that of a service that was created again. */
  readonly onlyIds: boolean;
};

/** Whether `--all` includes a candidate: declarations to write to, and declarations with problems. */
export function isIncludedInAll({ finding }: Candidate, { onlyIds }: AcceptOptions): boolean {
  if (finding.kind === 'invalid') return finding.skipped.file !== null;
  return onlyIds ? hasNoId(finding) : finding.kind === 'drifted';
}

/** Returns what accepting a service means. */
export function toAcceptance({ finding, recreated }: Candidate, options: AcceptOptions): Acceptance {
  switch (finding.kind) {
    case 'in_sync':
    case 'drifted':
      return acceptLive(finding, options);
    case 'missing':
      return recreated === null ? refuseMissing(finding) : followRecreated(finding, recreated, options);
    case 'unwanted':
      return refuse(
        finding.tombstone,
        'it is declared absent; to keep it, remove "ensure: absent" and declare its fields',
      );
    case 'gone':
      return { kind: 'done', name: finding.tombstone.name ?? NO_NAME };
    case 'unmanaged': {
      const { name, service_id } = finding.live;
      const reason = `it is not declared; to declare it, run: vpc-reconciler import --only ${service_id}`;
      return refuse({ name, file: null, line: null }, reason);
    }
    case 'invalid':
      return refuse(finding.skipped, `it is skipped: ${finding.skipped.reason}`);
  }
}

function acceptLive(finding: InSync | Drifted, { onlyIds }: AcceptOptions): Acceptance {
  const { declaration, live } = finding;
  if (onlyIds && hasNoId(finding)) return writeId(declaration, live);
  return onlyIds || finding.kind === 'in_sync' ? { kind: 'done', name: declaration.name } : toEdit(finding);
}

function refuseMissing({ declaration, hint }: Missing): Refusal {
  return refuse(declaration, `it is not live; ${hint ?? 'if policy is upsert or sync, the next pass creates it'}`);
}

function followRecreated(
  { declaration }: Missing,
  live: LiveService,
  { onlyIds }: AcceptOptions,
): ServiceEdit | Refusal {
  const id = writeId(declaration, live);
  if (onlyIds) return id;
  const edit = toEdit({ declaration, live, changes: changesOf(declaration, live) });
  return edit.kind === 'edit' ? { ...edit, changes: [...id.changes, ...edit.changes] } : edit;
}

const NO_NAME = '(no name)';

/** Whether a service is live and its declaration has no id. */
function hasNoId(finding: Finding): boolean {
  return (finding.kind === 'in_sync' || finding.kind === 'drifted') && finding.declaration.service_id === null;
}

function writeId(declaration: Declaration, live: LiveService): ServiceEdit {
  const changes = [{ path: 'service_id', value: live.service_id }];
  return { kind: 'edit', declaration, live, changes, unknownFields: [] };
}

/** Returns a refusal for a service, with the place of its declaration. */
export function refuse(
  { name, file, line }: Pick<Refusal, 'file' | 'line'> & { readonly name: string | null },
  reason: string,
): Refusal {
  return { kind: 'refused', name: name ?? NO_NAME, file, line, reason };
}

/** Returns what differs in a live service, apart from what the declaration ignores. */
export function changesOf(declaration: Declaration, live: LiveService): readonly Change[] {
  const changes = changesBetween(normalize(live.value).known, normalize(declaration.value).known);
  return changes.filter(({ path }) => !isIgnored(declaration, path));
}

function isIgnored({ instructions: { ignore } }: Declaration, path: string): boolean {
  return ignore.some((ignored) => path === ignored.path || path.startsWith(`${ignored.path}.`));
}

type Difference = Pick<Drifted, 'declaration' | 'live' | 'changes'>;

function toEdit({ declaration, live, changes }: Difference): ServiceEdit | Refusal {
  const declarable = toDeclaration(live);
  if (declarable.kind === 'undeclarable')
    return refuse(declaration, `this version cannot declare it: ${declarable.reason}`);
  return {
    kind: 'edit',
    declaration,
    live,
    changes: changes.map(toLiveValue),
    unknownFields: declarable.unknownFields,
  };
}

/** Returns the change that gives a declaration the live value of a field. */
export function toLiveValue({ path, live }: Change): FieldChange {
  return { path, value: live };
}
