/** Letters of other scripts, hyphens and quotes that look like ASCII, one string of them for each ASCII character. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: 'аα',
  c: 'сϲ',
  d: 'ԁ',
  e: 'еҽ',
  h: 'һ',
  i: 'іιı',
  j: 'јϳ',
  l: 'ӏ',
  o: 'оοσ',
  p: 'рρ',
  q: 'ԛ',
  s: 'ѕ',
  u: 'υս',
  v: 'νѵ',
  w: 'ԝ',
  x: 'хχ',
  y: 'уγ',
  A: 'АΑ',
  B: 'ВΒ',
  C: 'СϹ',
  E: 'ЕΕ',
  H: 'НΗ',
  I: 'ІΙӀ',
  J: 'Ј',
  K: 'КΚ',
  M: 'МΜ',
  N: 'Ν',
  O: 'ОΟ',
  P: 'РΡ',
  S: 'Ѕ',
  T: 'ТΤ',
  X: 'ХΧ',
  Y: 'ҮΥ',
  Z: 'Ζ',
  '-': '‐‑‒–−',
  "'": '‘’ʼ′',
  '"': '“”″',
};

const ASCII_OF = new Map(
  Object.entries(LOOK_ALIKES).flatMap(([ascii, others]) => Array.from(others, (other) => [other, ascii] as const)),
);

/** Whether two different texts are hard to distinguish on a screen, for example because one has a no-break space. Quotes do not count. */
export function looksAlike(one: string, other: string): boolean {
  return one !== other && skeletonOf(one) === skeletonOf(other);
}

/** Escapes every character outside ASCII, for example `\u{a0}`. */
export function escapeNonAscii(text: string): string {
  return text.replaceAll(/[^\0-\x7f]/gu, (character) => `\\u{${Number(character.codePointAt(0)).toString(16)}}`);
}

/** Returns the same text for all texts that look like this one, in quotes or not. */
function skeletonOf(text: string): string {
  // NFKC turns special spaces into plain ones.
  const visible = text.normalize('NFKC').replaceAll(/\p{Default_Ignorable_Code_Point}|"/gu, '');
  return visible.replaceAll(/[^\0-\x7f]/gu, (character) => ASCII_OF.get(character) ?? character);
}
