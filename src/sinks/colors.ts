import { styleText } from 'node:util';
import type { Paint } from '../core/report/terminal/style.ts';

/** Returns a function that colors text, or that returns text unchanged if `enabled` is false. */
export function painter(enabled: boolean): Paint {
  return (style, text) => (enabled ? styleText(style, text, { validateStream: false }) : text);
}
