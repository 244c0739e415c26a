import { Argument } from 'commander';
import type { Command } from 'commander';
import { renderBash } from '../completion/bash.ts';
import { commandTreeOf } from '../completion/command-tree.ts';
import { renderFish } from '../completion/fish.ts';
import { renderZsh } from '../completion/zsh.ts';
import { printResult } from '../context.ts';
import { addHelpText } from '../help.ts';
import type { HelpText } from '../help.ts';
import { addHelpOption } from '../options.ts';
import type { CommandScope } from '../options.ts';

const SHELLS = { bash: renderBash, zsh: renderZsh, fish: renderFish } as const;

const HELP: HelpText = {
  examples: [
    ['Save the script for bash', 'vpc-reconciler completion bash > /etc/bash_completion.d/vpc-reconciler'],
    ['Save the script for zsh, in a folder of $fpath', 'vpc-reconciler completion zsh > _vpc-reconciler'],
    ['Save the script for fish, in ~/.config/fish/completions', 'vpc-reconciler completion fish > vpc-reconciler.fish'],
  ],
  note: [
    'To use completion in this shell only, in bash or zsh (in fish, pipe the script into the command source):',
    '. <(vpc-reconciler completion bash)',
  ],
  exitCodes: [
    ['0', 'The script was printed'],
    ['1', 'Invalid usage'],
  ],
};

/** Defines `completion`, which prints a script that completes command lines in a shell. */
export function defineCompletion(command: Command, { context, wholeProgram }: CommandScope): void {
  command.addArgument(new Argument('<shell>', 'Shell').choices(Object.keys(SHELLS)));
  addHelpOption(command);
  addHelpText(command, HELP, context);
  command.action(async (shell: keyof typeof SHELLS) => {
    printResult(context, SHELLS[shell](commandTreeOf(await wholeProgram())));
  });
}
