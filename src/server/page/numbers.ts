/** Returns a number with thousands separators: `1,000`. */
export function formatNumber(number: number): string {
  return number.toLocaleString('en');
}

/** Returns a number and its noun: `1 service`, `1,000 services`. */
export function countOf(number: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(number)} ${number === 1 ? singular : plural}`;
}
