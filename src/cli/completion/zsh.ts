import { shellQuote } from '../input/shell-quote.ts';
import type { CommandTree, CompletedCommand, CompletedOption, Completion } from './command-tree.ts';

/** Renders completion for zsh. */
export function renderZsh({ program, options, commands }: CommandTree): string {
  const name = `_${program}`;
  const descriptions = commands.map((command) => `      ${shellQuote(`${command.name}:${command.description}`)}`);
  return `#compdef ${program}
${name}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C ${options.flatMap(renderOption).join(' ')} '1: :->command' '*:: :->arguments'
  case $state in
  command)
    local -a commands=(
${descriptions.join('\n')}
    )
    _describe command commands
    ;;
  arguments)
    case $line[1] in
${commands.map(renderCommand).join('\n')}
    esac
    ;;
  esac
}
if [[ $funcstack[1] == ${name} ]]; then
  ${name} "$@"
else
  compdef ${name} ${program}
fi`;
}

function renderCommand({ name, options, argument }: CompletedCommand): string {
  const specs = [
    ...options.flatMap(renderOption),
    ...(argument === null ? [] : [shellQuote(`*:argument:${renderAction(argument)}`)]),
  ];
  return `    ${name})\n      _arguments ${specs.join(' \\\n        ')}\n      ;;`;
}

/** Returns one specification for each name of an option. */
function renderOption({ names, description, value }: CompletedOption): readonly string[] {
  const text = description.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
  const others = names.length > 1 ? `(${names.join(' ')})` : '';
  return names.map((name) => {
    const equals = value !== null && name.startsWith('--') ? '=' : '';
    return shellQuote(`${others}${name}${equals}[${text}]${value === null ? '' : `:value:${renderAction(value)}`}`);
  });
}

function renderAction(completion: Completion): string {
  switch (completion.kind) {
    case 'words':
      return `(${completion.words.join(' ')})`;
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'text':
      return ' ';
  }
}
