import type { CommandTree, CompletedOption, Completion } from './command-tree.ts';

/** Renders completion for fish. */
export function renderFish({ program, options, commands }: CommandTree): string {
  const complete = (...words: readonly string[]) => ['complete -c', program, ...words].join(' ');
  const noCommand = "-n '__fish_use_subcommand'";
  return [
    `# fish completion for ${program}`,
    complete('-f'),
    ...options.map((option) => complete(noCommand, renderOption(option))),
    ...commands.flatMap(({ name, description, options: ofCommand, argument }) => {
      const inCommand = `-n '__fish_seen_subcommand_from ${name}'`;
      return [
        complete(noCommand, '-a', name, '-d', quote(description)),
        ...ofCommand.map((option) => complete(inCommand, renderOption(option))),
        ...(argument === null ? [] : [complete(inCommand, renderValues(argument))]),
      ];
    }),
  ].join('\n');
}

function renderOption({ names, description, value }: CompletedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return [...flags, ...(value === null ? [] : ['-r', renderValues(value)]), '-d', quote(description)].join(' ');
}

function renderValues(completion: Completion): string {
  switch (completion.kind) {
    case 'words':
      return `-f -a ${quote(completion.words.join(' '))}`;
    case 'file':
      return '-F';
    case 'folder':
      return "-f -a '(__fish_complete_directories)'";
    case 'text':
      return '-f';
  }
}

/** Quotes a word for fish, whose single quotes know the escapes `\'` and `\\`. */
function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
