import { sameJson } from '../../base/json.ts';
import { collect } from '../../load/collect.ts';
import { parseFile } from '../../load/parse-file.ts';
import { editDeclaration } from '../edit/edit-declaration.ts';
import type { EditedFile } from '../edit/edit-declaration.ts';
import { refuse } from './acceptance.ts';
import type { Refusal, ServiceEdit } from './acceptance.ts';

/** A file with its new text, and the services whose declarations were changed in it. */
export type AcceptedFile<File extends EditedFile> = {
  readonly file: File;
  readonly text: string;
  readonly edits: readonly ServiceEdit[];
};

/** The files to write, and the services that are not accepted. */
export type Accepted<File extends EditedFile> = {
  readonly files: readonly AcceptedFile<File>[];
  readonly refused: readonly Refusal[];
};

/**
 * Edits the declarations in the texts of a folder. A declaration that cannot be edited, or that would conflict with another one
 * afterwards, is refused, and the others are edited.
 */
export function accept<File extends EditedFile>(
  edits: readonly ServiceEdit[],
  folder: readonly File[],
): Accepted<File> {
  const byFile = Map.groupBy(edits, ({ declaration }) => declaration.file);
  const edited = folder.map((file) => editFile(file, byFile.get(file.file) ?? []));
  const conflicts = findConflicts(edited);
  if (conflicts.size > 0) {
    const others = edits.filter((edit) => !conflicts.has(edit));
    const { files, refused } = accept(others, folder);
    return { files, refused: [...refused, ...conflicts.values()] };
  }
  const names = new Set(folder.map(({ file }) => file));
  return {
    files: edited.filter((each) => each.edits.length > 0),
    refused: [
      ...edited.flatMap(({ refused }) => refused),
      ...edits.filter(({ declaration }) => !names.has(declaration.file)).map(refuseChanged),
    ],
  };
}

type EditResult<File extends EditedFile> = AcceptedFile<File> & { readonly refused: readonly Refusal[] };

/** Edits the declarations of one file, from its end to its start, because an edit moves the lines after it. */
function editFile<File extends EditedFile>(file: File, edits: readonly ServiceEdit[]): EditResult<File> {
  const refused: Refusal[] = [];
  const done: ServiceEdit[] = [];
  let { text } = file;
  for (const edit of edits.toSorted((a, b) => b.declaration.line - a.declaration.line)) {
    const { declaration, changes } = edit;
    const result = isCurrent(edit, { ...file, text })
      ? editDeclaration({ ...file, text }, { ...declaration, changes })
      : null;
    if (result === null) refused.push(refuseChanged(edit));
    else if ('fault' in result) refused.push(refuse({ ...declaration, line: result.line }, result.fault));
    else {
      text = result.text;
      done.push(edit);
    }
  }
  return { file, text, edits: done.toReversed(), refused: refused.toReversed() };
}

/** Whether a file still holds a declaration as it was when it was compared. */
function isCurrent(
  { declaration: { line, service_id, value } }: ServiceEdit,
  { file, text, values }: EditedFile,
): boolean {
  const { declarations } = parseFile(file, text, values);
  return declarations.some(
    (each) => each.line === line && each.service_id === service_id && sameJson(each.value, value),
  );
}

function refuseChanged({ declaration }: ServiceEdit): Refusal {
  return refuse(declaration, 'the file has changed in the meantime; run the command again');
}

/** Returns the edits after which a declaration is skipped, because another one has the same name or id. */
function findConflicts(edited: readonly EditResult<EditedFile>[]): ReadonlyMap<ServiceEdit, Refusal> {
  const { skipped } = collect(edited.map(({ file: { file, values }, text }) => parseFile(file, text, values)));
  const edits = edited.flatMap((each) => each.edits);
  return new Map(
    edits.flatMap((edit) => {
      const { declaration, live } = edit;
      const conflict = skipped.find(({ file, name }) => file === declaration.file && name === live.name);
      return conflict === undefined ? [] : [[edit, refuse(declaration, conflict.reason)] as const];
    }),
  );
}
