import { Document, Scalar, visit } from 'yaml';
import { isExactNumber } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { escapeControlCharacters } from '../base/text/escape.ts';
import { compare, liveOf } from '../compare/compare.ts';
import type { Finding } from '../compare/compare.ts';
import { collect } from '../load/collect.ts';
import { parseFile } from '../load/parse-file.ts';
import type { LiveService } from '../service/directory.ts';
import { normalize, toBody } from '../service/normalize.ts';
import { fileNames } from './file-name.ts';

/** A live service, with the text that declares it or the reason why this version cannot declare it. */
export type ImportableService = DeclarableService | UndeclarableService;

export type DeclarableService = {
  readonly kind: 'declarable';
  readonly live: LiveService;
  /** One YAML document with the fields in the documented order; ends with a line break. */
  readonly text: string;
  /** The live fields that a declaration cannot contain. */
  readonly unknownFields: readonly string[];
};

export type UndeclarableService = {
  readonly kind: 'undeclarable';
  readonly live: LiveService;
  readonly reason: string;
};

/** How a declaration names its service: by `service_id`, or by its name alone. */
export const DECLARATION_STYLES = ['id', 'name'] as const;
export type DeclarationStyle = (typeof DECLARATION_STYLES)[number];

/** Writes the declaration of a live service. The text is parsed and compared first, so that a returned declaration is in sync. */
export function toDeclaration(live: LiveService, style: DeclarationStyle = 'id'): ImportableService {
  const { known, unknown } = normalize(live.value);
  const id = style === 'id' ? { service_id: live.service_id } : {};
  const text = toText({ ...id, ...toBody(known, new Map()) });
  const declared = collect([parseFile('', text)]);
  if (compare(declared, [live]).every(({ kind }) => kind === 'in_sync')) {
    return { kind: 'declarable', live, text, unknownFields: [...unknown.keys()] };
  }
  const reasons = declared.problems.map(({ path, message }) => (path === null ? message : `${path}: ${message}`));
  return { kind: 'undeclarable', live, reason: reasons.join('; ') };
}

/**
 * Renders a YAML document for each unmanaged service, with the path of its file in a comment. If a service cannot be declared, the
 * comment contains the reason instead.
 */
export function renderUnmanaged(findings: readonly Finding[], folder: string): readonly string[] {
  const names = fileNames(findings.flatMap((finding) => liveOf(finding) ?? []));
  return findings.flatMap((finding) => {
    if (finding.kind !== 'unmanaged') return [];
    const { service_id, name } = finding.live;
    const service = toDeclaration(finding.live);
    const [comment, text] =
      service.kind === 'declarable'
        ? [`${folder.replace(/\/+$/, '')}/${names.get(service_id)}`, service.text]
        : [`${name} (${service_id}): this version cannot declare it: ${service.reason}`, ''];
    return [`---\n# ${escapeControlCharacters(comment)}\n${text}`.trimEnd()];
  });
}

/** Text that needs no quotes: letters and digits, and the punctuation that is usual in names and addresses. */
const PLAIN = /^[\p{L}\p{N}][\p{L}\p{N} ._/:@+-]*$/u;

/** Characters that are invisible, control a terminal, or change the direction of text. */
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?<=##)\[/gu;

function toText(service: JsonObject): string {
  // With `compat`, values such as yes, 0o7 and 1:20 are quoted, because tools that read YAML 1.1 do not see them as text.
  const document = new Document(service, writeDigits, {
    version: '1.2',
    compat: 'yaml-1.1',
    aliasDuplicateObjects: false,
  });
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
      // A width of 0 keeps every value on one line.
      .toString({ lineWidth: 0, doubleQuotedAsJSON: true, singleQuote: false, flowCollectionPadding: false })
      // These characters only occur in double quotes, where they can be escaped.
      .replaceAll(UNSAFE, escapeCharacter)
  );
}

/** A whole number of a known field keeps its digits, so that the reason why it cannot be declared quotes it as it is. */
function writeDigits(_key: unknown, value: unknown): unknown {
  if (!isExactNumber(value)) return value;
  return /^-?\d+$/.test(value.rawJSON) ? BigInt(value.rawJSON) : Number(value.rawJSON);
}

/** Returns an escape sequence for double quotes in YAML: https://yaml.org/spec/1.2.2/#57-escaped-characters */
function escapeCharacter(character: string): string {
  const code = Number(character.codePointAt(0)).toString(16);
  return code.length > 4 ? String.raw`\U${code.padStart(8, '0')}` : String.raw`\u${code.padStart(4, '0')}`;
}
