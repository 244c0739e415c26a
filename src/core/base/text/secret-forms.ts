/** How a secret can be written in a text. */
export type SecretForms = {
  /** Encodings of the secret, complete but for a few bits. */
  readonly encoded: readonly string[];
  /** Matches the secret, or at least its first `minLength` characters, with each character plain or escaped in any way. */
  readonly escaped: RegExp;
};

/** Returns the forms in which an API, a proxy or this program may repeat a secret. */
export function secretForms(secret: string, minLength: number): SecretForms {
  const bytes = new TextEncoder().encode(secret);
  const hex = [...bytes].map(toHex).join('');
  const base64 = [0, 1, 2].map((offset) => base64At(bytes, offset));
  const base64Url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return {
    encoded: [...new Set([hex, hex.toUpperCase(), ...base64, ...base64Url])],
    escaped: escapedPattern(
      [...secret.matchAll(/\\+|[^\\]/gu)].map(([part]) => part),
      minLength,
    ),
  };
}

/**
 * Returns the characters of the Base64 of any text with these bytes that only they determine. There are three of them, because four
 * characters hold three bytes: the secret can begin at each of them, for example after `user:`.
 */
function base64At(bytes: Uint8Array, offset: number): string {
  const padded = [...Array.from({ length: offset }, () => 0), ...bytes];
  const text = btoa(String.fromCharCode(...padded));
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor((padded.length * 8) / 6));
}

/** The names of the characters that HTML always escapes. */
const ENTITY_NAMES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

/**
 * A text can be escaped twice: a backslash becomes two in JSON, and an ampersand or a percent sign is escaped itself. The repetitions are
 * limited, so that no text takes quadratic time.
 */
const BACKSLASH = String.raw`(?:\\|&#92;)`;
const BACKSLASHES = `${BACKSLASH}{1,4}`;
const AMPERSAND = '&(?:amp;|#38;){0,3}';
const PERCENT = '%(?:25){0,3}';
const ZEROS = '0{0,6}';
/** Each of its alternatives matches other texts: for sequences, any overlap would take exponential time. */
const ANY_BACKSLASH = String.raw`(?:\\(?:u005[cC]|x5[cC]|u\{0{0,6}5[cC]\})?|%(?:25){0,3}5[cC]|&(?:amp;|#38;){0,3}#(?:0{0,6}92|[xX]0{0,6}5[cC]);)`;

/** The parts are characters, and whole sequences of backslashes: one pattern for each backslash would try all ways to share them out. */
function escapedPattern(parts: readonly string[], minLength: number): RegExp {
  const patterns = parts.map((part) =>
    part.startsWith('\\')
      ? `${ANY_BACKSLASH}{${part.length},${4 * part.length}}`
      : `${/["'/]/.test(part) ? `${BACKSLASH}{0,4}` : ''}(?:${[escapeForPattern(part), ...formsOf(part)].join('|')})`,
  );
  const start = patterns.slice(0, minLength).join('');
  const rest = patterns.slice(minLength).reduceRight((after, pattern) => `(?:${pattern}${after})?`, '');
  return new RegExp(start + rest, 'g');
}

/** Returns patterns of the escapes of a character. */
function formsOf(character: string): readonly string[] {
  const code = Number(character.codePointAt(0));
  const hex = anyCase(code.toString(16));
  const units = [...Array(character.length).keys()].map((at) => character.charCodeAt(at).toString(16).padStart(4, '0'));
  const name = ENTITY_NAMES[character];
  return [
    [...new TextEncoder().encode(character)].map((byte) => PERCENT + anyCase(toHex(byte))).join(''),
    units.map((unit) => `${BACKSLASHES}u${anyCase(unit)}`).join(''),
    `${BACKSLASHES}u\\{${ZEROS}${hex}\\}`,
    `${BACKSLASHES}x${anyCase(toHex(code))}`,
    `${AMPERSAND}#${ZEROS}${code};`,
    `${AMPERSAND}#[xX]${ZEROS}${hex};`,
    ...(name === undefined ? [] : [`${AMPERSAND}${name};`]),
  ];
}

function escapeForPattern(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, String.raw`\$&`);
}

function anyCase(hex: string): string {
  return hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function toHex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
