import { Document, Scalar, visit } from 'yaml';
import type { JsonObject } from '../base/json.ts';
import { printable } from '../base/printable.ts';
import { compare } from '../compare/compare.ts';
import type { Finding } from '../compare/compare.ts';
import { collect } from '../load/collect.ts';
import { parseFile } from '../load/parse-file.ts';
import type { LiveService } from '../service/directory.ts';
import { normalize, toBody } from '../service/normalize.ts';
import { fileNames } from './file-name.ts';

/** What it takes to declare a live service: the text of its declaration, or why there can be none. */
export type Adoption =
  | {
      readonly kind: 'possible';
      readonly live: LiveService;
      /** One document of YAML, in the documented order of fields; ends with a line break. */
      readonly text: string;
      /** The live fields that no declaration of this version can hold. */
      readonly unknownFields: readonly string[];
    }
  | { readonly kind: 'impossible'; readonly live: LiveService; readonly reason: string };

/**
 * Makes the declaration of a live service. It is read back and compared before it is given: what comes out is in sync, however odd the
 * service is.
 */
export function toDeclaration(live: LiveService): Adoption {
  const { known, unknown } = normalize(live.value);
  const text = toText({ service_id: live.service_id, ...toBody(known, new Map()) });
  const declared = collect([parseFile('', text)]);
  if (compare(declared, [live]).every(({ kind }) => kind === 'in_sync')) {
    return { kind: 'possible', live, text, unknownFields: [...unknown.keys()] };
  }
  const faults = declared.problems.map(({ path, message }) => (path === null ? message : `${path}: ${message}`));
  return { kind: 'impossible', live, reason: faults.join('; ') };
}

/**
 * For each unmanaged service of a folder a document of YAML that declares it, with the file for it in a comment; where it cannot be
 * declared, the comment says why.
 */
export function renderUnmanaged(findings: readonly Finding[], folder: string): readonly string[] {
  const names = fileNames(findings.flatMap((finding) => (finding.kind === 'missing' ? [] : (finding.live ?? []))));
  return findings.flatMap((finding) => {
    if (finding.kind !== 'unmanaged') return [];
    const { service_id, name } = finding.live;
    const adoption = toDeclaration(finding.live);
    const [comment, text] =
      adoption.kind === 'possible'
        ? [`${folder.replace(/\/+$/, '')}/${names.get(service_id)}`, adoption.text]
        : [`${name} (${service_id}): this version cannot declare it: ${adoption.reason}`, ''];
    return [`---\n# ${printable(comment)}\n${text}`.trimEnd()];
  });
}

/** A text of which no character needs a thought: letters and digits, with what names and addresses have between them. */
const PLAIN = /^[\p{L}\p{N}][\p{L}\p{N} ._/:@+-]*$/u;

/** Invisible, or steering a terminal, or turning the direction of a text: it must not show itself as something else. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function toText(service: JsonObject): string {
  // Quotes also what is text in YAML 1.2 alone, such as yes, 0o7 and 1:20: other tools read the file, too.
  const document = new Document(service, { version: '1.2', compat: 'yaml-1.1', aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, list) => {
      list.flow = true;
    },
    Scalar: (_, scalar) => {
      const { value } = scalar;
      if (typeof value === 'string' && !PLAIN.test(value)) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return (
    document
      // A value is one line, however long it is.
      .toString({ lineWidth: 0, doubleQuotedAsJSON: true, singleQuote: false, flowCollectionPadding: false })
      // They stand in double quotes, being nothing plain.
      .replaceAll(UNSEEN, escape)
  );
}

/** As double quotes have it in YAML: https://yaml.org/spec/1.2.2/#57-escaped-characters */
function escape(character: string): string {
  const code = Number(character.codePointAt(0)).toString(16);
  return code.length > 4 ? String.raw`\U${code.padStart(8, '0')}` : String.raw`\u${code.padStart(4, '0')}`;
}
