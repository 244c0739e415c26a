/*
 * Plants a fault of mutations.ts in the program while Node loads it, so that no file is changed:
 *
 *   FAULT='forget the budget' node --import ./test/simulation/mutations/plant.ts test/simulation/run.ts --seed 3
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { MUTATIONS } from './mutations.ts';

const name = process.env['FAULT'] ?? '';
const fault = MUTATIONS.find((mutation) => mutation.name === name);
if (fault === undefined) throw new Error(`FAULT: expected the name of a fault in mutations.ts, found "${name}"`);
const { file, find, replace } = fault;
const url = new URL(`../../../src/${file}`, import.meta.url).href;

registerHooks({
  load: (loaded, context, nextLoad) => {
    const result = nextLoad(loaded, context);
    if (loaded !== url) return result;
    const text = readFileSync(new URL(url), 'utf8');
    if (text.split(find).length !== 2) throw new Error(`${file}: expected the text once: ${find}`);
    return { ...result, source: text.replace(find, () => replace) };
  },
});
