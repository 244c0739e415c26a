import { randomOf } from '../time/random.ts';
import { ACCOUNT_ACTIONS } from './actions/account-actions.ts';
import { API_ACTIONS } from './actions/api-actions.ts';
import { FOLDER_ACTIONS } from './actions/folder-actions.ts';
import { PROCESS_ACTIONS } from './actions/process-actions.ts';
import type { Action, TroubleOptions } from './actions/scene.ts';
import type { EventKind, ScenarioEvent } from './scenario.ts';

const ACTIONS: Readonly<Record<EventKind, Action>> = {
  ...FOLDER_ACTIONS,
  ...ACCOUNT_ACTIONS,
  ...API_ACTIONS,
  ...PROCESS_ACTIONS,
};

/** Makes an event happen. */
export function cause(event: ScenarioEvent, options: TroubleOptions): void {
  const scene = { ...options, event, random: randomOf(options.seed, 'event', event.number) };
  const detail = ACTIONS[event.kind](scene);
  options.note(`${event.kind}${detail === undefined ? '' : `: ${detail}`}`);
}
