import type { Settings } from '../../../src/config/settings.ts';
import type { Health } from '../../../src/core/report/health.ts';
import type { Report } from '../../../src/core/report/report.ts';
import type { Break } from './violation.ts';

/** Checks that `/healthz` and `/readyz` tell the truth, as far as it is known from outside. */
export function healthRules({
  settings,
  now,
  broken,
}: {
  readonly settings: Settings;
  readonly now: () => number;
  readonly broken: Break;
}) {
  const { fresh_for: freshForMs, pass_timeout: passTimeoutMs } = settings;
  let lastGoodAt: number | null = null;
  /** When the first pass began that did not succeed; null if the last one did. */
  let failingSince: number | null = null;
  let passSince: number | null = null;
  let isStopping = false;
  let hungUntil = -Infinity;
  return {
    onBegin: () => {
      passSince = now();
      failingSince ??= now();
    },
    onReport: ({ error }: Report) => {
      passSince = null;
      if (error !== null) return;
      lastGoodAt = now();
      failingSince = null;
    },
    onStop: () => {
      isStopping = true;
    },
    onHang: (ms: number) => {
      hungUntil = Math.max(hungUntil, now() + ms);
    },
    reset: () => {
      lastGoodAt = null;
      failingSince = null;
      passSince = null;
      isStopping = false;
      hungUntil = -Infinity;
    },
    check: ({ healthy, ready, reason }: Health) => {
      if (now() <= hungUntil + 60_000) return;
      const passMs = passSince === null ? 0 : now() - passSince;
      const text = reason ?? 'no reason';
      if (!healthy && passMs < passTimeoutMs) broken('healthz', `not healthy although it works: ${text}`);
      if (ready && isStopping) broken('readyz', 'ready while it stops');
      if (ready && lastGoodAt === null) broken('readyz', 'ready before the first good pass');
      if (ready && failingSince !== null && now() - failingSince > freshForMs)
        broken('readyz', 'ready although passes fail');
      const isFine = lastGoodAt !== null && failingSince === null && !isStopping;
      if (!ready && isFine && now() - (lastGoodAt ?? 0) < freshForMs) broken('readyz', `not ready: ${text}`);
    },
  };
}
