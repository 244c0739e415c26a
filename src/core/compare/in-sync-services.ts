import type { Finding } from './compare.ts';

/** A service that is as declared. `service_id` is null if the service is declared absent, and is not live. */
export type InSyncService = {
  readonly service_id: string | null;
  readonly name: string | null;
  readonly file: string;
  readonly line: number;
};

/**
 * Returns the services in sync, which a report only counts, in the order of the findings. Omits those with ignored differences, which a
 * report lists.
 */
export function inSyncServices(findings: readonly Finding[]): readonly InSyncService[] {
  return findings.flatMap((finding): readonly InSyncService[] => {
    if (finding.kind === 'gone') {
      const { name, file, line } = finding.tombstone;
      return [{ service_id: null, name, file, line }];
    }
    if (finding.kind !== 'in_sync' || finding.ignored.length > 0) return [];
    const { name, file, line } = finding.declaration;
    return [{ service_id: finding.live.service_id, name, file, line }];
  });
}
