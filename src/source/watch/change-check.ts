import type { FolderChange } from '../../core/load/source.ts';

export type ChangeCheckOptions = {
  /** Returns how the folder differs from when it was last read; null if it does not. */
  readonly findChange: (signal: AbortSignal) => Promise<FolderChange | null>;
  /** How many times the folder has been read so far. */
  readonly readCount: () => number;
  /** Called after every check. */
  readonly onCheck?: () => void;
  readonly signal: AbortSignal;
};

/** Checks the folder for changes, and tracks whether events or earlier checks announced them. */
export type ChangeCheck = {
  /** Resolves to how the folder has changed since it was last read; null if it has not. */
  readonly run: () => Promise<FolderChange | null>;
  readonly countEvent: () => void;
  readonly eventCount: () => number;
  /** Whether an event has arrived since the last check began. */
  readonly hasNewEvents: () => boolean;
  /** Whether the next check may find an announced change: an event has arrived, or the last change found has not been read yet. */
  readonly expectsChange: () => boolean;
};

export function changeCheck({ findChange, readCount, onCheck, signal }: ChangeCheckOptions): ChangeCheck {
  let eventCount = 0;
  let checkedEventCount = 0;
  /** The read count when the last check found a change; null if it found none. An equal read count means that no pass has read the change. */
  let readCountAtChange: number | null = readCount();
  const hasNewEvents = () => eventCount !== checkedEventCount;
  return {
    run: async () => {
      const eventCountBefore = eventCount;
      const change = await findChange(signal);
      checkedEventCount = eventCountBefore;
      readCountAtChange = change === null ? null : readCount();
      if (!signal.aborted) onCheck?.();
      return change;
    },
    countEvent: () => {
      eventCount += 1;
    },
    eventCount: () => eventCount,
    hasNewEvents,
    expectsChange: () => hasNewEvents() || readCountAtChange === readCount(),
  };
}
