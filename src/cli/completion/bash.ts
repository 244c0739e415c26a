import { shellQuote } from '../input/shell-quote.ts';
import type { CommandTree, Completion } from './command-tree.ts';

/** Renders completion for bash 3.2 and later. */
export function renderBash({ program, options, commands }: CommandTree): string {
  const name = functionName(program);
  const valueCases = commands.flatMap((command) =>
    command.options.flatMap(({ names, value }) =>
      value === null
        ? []
        : [`    ${names.map((each) => shellQuote(`${command.name} ${each}`)).join('|')}) ${reply(value)}; return ;;`],
    ),
  );
  const wordCases = commands.map((command) => {
    const words = command.options.flatMap(({ names }) => names).join(' ');
    const argument = command.argument === null ? '' : `; [[ $cur == -* ]] || { ${reply(command.argument)}; }`;
    return `    ${command.name}) ${replyWords(words)}${argument} ;;`;
  });
  const global = [...commands.map((command) => command.name), ...options.flatMap(({ names }) => names)].join(' ');
  return `# bash completion for ${program}
${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' word IFS=$'\\n'
  COMPREPLY=()
  # bash splits --option=value into three words.
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word != -* ]]; then command=$word; break; fi
  done
  case "$command $prev" in
${valueCases.join('\n')}
  esac
  case $command in
    '') ${replyWords(global)} ;;
${wordCases.join('\n')}
  esac
}
complete -F ${name} ${program}`;
}

function functionName(program: string): string {
  return `_${program.replaceAll('-', '_')}`;
}

function reply(completion: Completion): string {
  switch (completion.kind) {
    case 'words':
      return replyWords(completion.words.join(' '));
    case 'file':
      return `compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"))`;
    case 'folder':
      return `compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur"))`;
    case 'text':
      return ':';
  }
}

function replyWords(words: string): string {
  return `COMPREPLY=($(IFS=' '; compgen -W ${shellQuote(words)} -- "$cur"))`;
}
