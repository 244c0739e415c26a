import type { Break } from './violation.ts';

/** Checks that no output contains a token, in any form in which servers and proxies repeat what they received. */
export function secretRules({ tokens, broken }: { readonly tokens: () => readonly string[]; readonly broken: Break }) {
  const encodings = new Map<string, readonly string[]>();
  const encodingsOf = (token: string) => {
    const known = encodings.get(token) ?? encode(token);
    encodings.set(token, known);
    return known;
  };
  return {
    check: (text: string): void => {
      const plain = unescaped(text);
      for (const token of tokens()) {
        const isShown = plain.includes(token) || encodingsOf(token).some((form) => text.includes(form));
        if (isShown) broken('secrets', `a token is in: ${text}`);
      }
    },
  };
}

/** Returns hexadecimal forms, and the Base64 of any text that contains the token: there are three, for the three places to begin. */
function encode(token: string): readonly string[] {
  const hex = Buffer.from(token).toString('hex');
  const base64 = ['', 'x', 'xx'].map((before) => Buffer.from(before + token).toString('base64url'));
  // The first and the last characters depend on what is before and after the token.
  const cores = base64.map((text, at) => text.slice(at === 0 ? 0 : at + 1, -2));
  return [hex, hex.toUpperCase(), ...cores, ...cores.map((text) => text.replaceAll('-', '+').replaceAll('_', '/'))];
}

/** Returns a text in which every escaped character of ASCII is plain. */
function unescaped(text: string): string {
  if (!/%|&#|\\[ux]/.test(text)) return text;
  return text
    .replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => toCharacter(hex))
    .replaceAll(/&#x([0-9a-f]{2});/gi, (_, hex: string) => toCharacter(hex))
    .replaceAll(/&#(\d{2,3});/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll(/\\+(?:u00|x)([0-9a-f]{2})/gi, (_, hex: string) => toCharacter(hex));
}

function toCharacter(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}
