/**
 * Returns a text of at most `maxLength` UTF-16 units, with `…` in place of the rest. Half of a character, with which strict readers of JSON
 * reject a whole message, is replaced or left out.
 */
export function shorten(text: string, maxLength: number): string {
  const whole = text.toWellFormed();
  return whole.length <= maxLength ? whole : `${whole.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
