/** Escapes control and format characters, so that a text from outside stays on one line and cannot control a terminal. */
export function escapeControlCharacters(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${Number(character.codePointAt(0)).toString(16)}}`,
  );
}

/** Escapes a text for HTML content and attribute values. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/**
 * Escapes what a terminal or a log viewer would take for a control in JSON, which still means the same: characters that are invisible or
 * change the direction of text, and the beginning of a command of GitHub Actions.
 */
export function escapeJson(json: string): string {
  return json.replaceAll(/[\p{Cf}\u007f-\u009f\u2028\u2029]|(?<=##)\[/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at).toString(16).padStart(4, '0'))
      .map((unit) => `\\u${unit}`)
      .join(''),
  );
}

/**
 * Escapes commands of GitHub Actions in a text: its runner carries out `::name …::` at the beginning of a line, and `##[name …]` anywhere in
 * it, even in a text that came from the API. Other colons stay as they are, because IPv6 addresses have them too.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function escapeWorkflowCommands(text: string): string {
  return text.replaceAll(/(?<=##)\[/g, '\\u{5b}').replaceAll(WORKFLOW_COMMAND, String.raw`$1\u{3a}:`);
}

const WORKFLOW_COMMAND =
  /^(\s*)::(?=(?:debug|notice|warning|error|(?:end)?group|echo|stop-commands|(?:add|remove)-matcher|add-(?:mask|path)|set-(?:output|env)|save-state)\b)/gim;
