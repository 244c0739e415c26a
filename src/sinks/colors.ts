import { styleText } from 'node:util';
import type { Paint } from '../core/report/text.ts';

/** Colors, or none. */
export function paintFor(colors: boolean): Paint {
  return (style, text) => (colors ? styleText(style, text, { validateStream: false }) : text);
}
