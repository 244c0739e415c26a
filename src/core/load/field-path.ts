/** The keys and list indexes that lead to a value, from the top level of a document. */
export type FieldPath = readonly PropertyKey[];

/** Returns a path as people write it, for example `host.resolver_network.resolver_ips[1]`. */
export function formatPath(path: FieldPath): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('');
}
