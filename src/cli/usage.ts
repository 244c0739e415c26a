import { printable } from '../core/base/printable.ts';

/** Wrong usage in our words: one line of what commander says, and nothing of it that may be a secret in the wrong place. */
export function usageFault(text: string): string {
  return printable(withoutValues(plain(oneLine(text))));
}

/** Commander's `error: …` with its suggestion on a line of its own. */
function oneLine(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replace(/\.?\n/, ' ')
    .replace(/\.$/, '');
}

function plain(text: string): string {
  return text.replace(
    /^command-argument value '(.*)' is invalid for argument '(\w+)'/s,
    (_, typed: string, name: string) =>
      NAME.test(typed) ? `argument '${typed}' is invalid for [${name}]` : `the argument is invalid for [${name}]`,
  );
}

/** What commander quotes is what somebody typed, and may be a token: only what can be the name of an option or a command is told. */
function withoutValues(text: string): string {
  return text
    .replace(/(unknown (?:option|command)) '(.*)'/s, (_, what: string, typed: string) => {
      const name = typed.replace(/=.*/s, '');
      return NAME.test(name) ? `${what} '${name}'` : what;
    })
    .replace(/( but got \d+): .*/s, '$1');
}

const NAME = /^(?=.{1,24}$)(?:-[a-z]|(?:--)?[a-z]+(?:-[a-z]+)*)$/i;
