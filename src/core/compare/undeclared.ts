import { findingId } from './compare.ts';
import type { Finding } from './compare.ts';

/** The name and the file of a declaration, as it was last read. */
export type DeclaredAs = { readonly name: string | null; readonly file: string };

/** Declared services, by service_id. */
export type DeclaredServices = ReadonlyMap<string, DeclaredAs>;

/** Returns the services that have a declaration, valid or not. */
export function declaredServices(findings: readonly Finding[]): DeclaredServices {
  // A loop, because this is part of every pass.
  const services = new Map<string, DeclaredAs>();
  for (const finding of findings) {
    const [id, declaration] = [findingId(finding), declarationOf(finding)];
    if (id !== null && declaration !== null) services.set(id, declaration);
  }
  return services;
}

/**
 * Returns the live services whose declaration has disappeared. Returns none while the folder has a declaration whose id cannot be read:
 * it may be for any of them.
 */
export function findUndeclared(before: DeclaredServices, findings: readonly Finding[]): DeclaredServices {
  if (!isComplete(findings)) return new Map();
  return new Map(
    findings.flatMap((finding) => {
      if (finding.kind !== 'unmanaged') return [];
      const { service_id } = finding.live;
      const declaration = before.get(service_id);
      return declaration === undefined ? [] : [[service_id, declaration] as const];
    }),
  );
}

/** Returns the services that were declared at the end of a pass. While the folder cannot be read completely, earlier ones stay. */
export function rememberDeclared(before: DeclaredServices, findings: readonly Finding[]): DeclaredServices {
  const now = declaredServices(findings);
  return isComplete(findings) ? now : new Map([...before, ...now]);
}

function isComplete(findings: readonly Finding[]): boolean {
  return !findings.some(
    (finding) => finding.kind === 'invalid' && findingId(finding) === null && finding.skipped.file !== null,
  );
}

function declarationOf(finding: Finding): DeclaredAs | null {
  switch (finding.kind) {
    case 'in_sync':
    case 'drifted':
    case 'missing':
      return finding.declaration;
    case 'invalid': {
      const { name, file } = finding.skipped;
      return file === null ? null : { name, file };
    }
    case 'unwanted':
      return { name: finding.live.name, file: finding.tombstone.file };
    case 'gone':
      return finding.tombstone;
    case 'unmanaged':
      return null;
  }
}
