import type { Trigger } from './pass.ts';
import type { Report } from './report.ts';

/** A destination of reports, for example the log, the metrics or the status page. To add one, add a value of this type. */
export type ReportSink = {
  /** Called with the report of every pass, before the next pass begins. */
  readonly onReport: (report: Report) => void;
  /** Called when the daemon begins a pass, begins to wait, or receives a request for a pass. */
  readonly onPhase?: (phase: Phase) => void;
};

/** A step of a daemon between two reports. */
export type Phase =
  /** A pass was requested, and has not begun. */
  | { readonly kind: 'requested' }
  | { readonly kind: 'began'; readonly trigger: Trigger }
  /** A requested pass begins in `ms` milliseconds, because passes were requested faster than the request budget allows. */
  | { readonly kind: 'delayed'; readonly trigger: Trigger; readonly ms: number }
  /**
   * No pass is requested. `timerMs` is the time until the next pass by interval or back-off; null if there is none.
   * `scheduleMs` returns the time until the next pass by schedule. It follows the wall clock, which can be set, so call it each time.
   */
  | { readonly kind: 'waiting'; readonly timerMs: number | null; readonly scheduleMs: () => number | null };
