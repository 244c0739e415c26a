import type { Report } from './report.ts';
import type { ServiceReport } from './service-report.ts';

/**
 * Returns the reasons that withhold more than one service, for example that a plan is too large, with the number of services. They
 * are shown once, above the services.
 */
export function sharedReasons({ services }: Pick<Report, 'services'>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { result, reason } of services) {
    if (result === 'withheld' && reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return new Map([...counts].filter(([, count]) => count > 1));
}

/** Returns the services without the reasons that are shown above them. */
export function omitReasons(
  services: readonly ServiceReport[],
  shown: ReadonlyMap<string, number>,
): readonly ServiceReport[] {
  return services.map((service) => (shown.has(service.reason ?? '') ? { ...service, reason: null } : service));
}
