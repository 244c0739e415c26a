import { styleText } from 'node:util';
import type { Paint } from '../core/text.ts';

/** Colours, or none. */
export function paintFor(colours: boolean): Paint {
  return (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text);
}
