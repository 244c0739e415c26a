import { escapeControlCharacters } from '../core/base/text/escape.ts';

/** Returns commander's message about wrong usage as one line, without values that could be a secret in the wrong place. */
export function describeUsageError(text: string): string {
  return escapeControlCharacters(removeValues(shortenArgumentError(joinLines(text))));
}

/** Removes the prefix `error:`, and appends the suggestion that commander writes on a second line. */
function joinLines(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replace(/\.?\n/, ' ')
    .replace('(Did you', '(did you')
    .replace(/\.$/, '');
}

function shortenArgumentError(text: string): string {
  return text.replace(
    /^command-argument value '(.*)' is invalid for argument '(\w+)'/s,
    (_, value: string, argument: string) =>
      NAME.test(value)
        ? `argument '${value}' is invalid for [${argument}]`
        : `the argument is invalid for [${argument}]`,
  );
}

/** Removes the values that commander quotes, because a user can type a token in the wrong place. Names of options and commands stay. */
function removeValues(text: string): string {
  return text
    .replace(/(unknown (?:option|command)) '(.*)'/s, (_, problem: string, value: string) => {
      const name = value.replace(/=.*/s, '');
      return NAME.test(name) ? `${problem} '${name}'` : problem;
    })
    .replace(/( but got \d+): .*/s, '$1');
}

/** Matches every possible name of an option or a command. */
const NAME = /^(?=.{1,24}$)(?:-[a-z]|(?:--)?[a-z]+(?:-[a-z]+)*)$/i;
