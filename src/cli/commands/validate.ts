import type { Command } from 'commander';
import { ConfigError } from '../../config/config-error.ts';
import type { Config } from '../../config/load-config.ts';
import { collect } from '../../core/load/collect.ts';
import { findWarnings } from '../../core/load/warnings/find-warnings.ts';
import { readPaths } from '../../source/read-paths.ts';
import type { ColorMode, Context, ExitCode } from '../context.ts';
import { addHelpText } from '../help.ts';
import { untilResponsive } from '../input/responsive.ts';
import type { HelpText } from '../help.ts';
import { readStandardInput, STDIO } from '../input/standard-input.ts';
import { addSettings, colorOption, fileRules, FOLDER_SETTINGS, outputOption, withConfig } from '../options.ts';
import type { CommandScope } from '../options.ts';
import { isValid, printValidation, VALIDATE_FORMATS } from './validate-output.ts';
import type { Validation, ValidateFormat } from './validate-output.ts';

const HELP: HelpText = {
  examples: [
    ['Check every declaration in ./services', 'vpc-reconciler validate'],
    [
      'Check a file and a folder; duplicates are found among these paths only',
      'vpc-reconciler validate services/web.yaml services/db',
    ],
    ['Check in a GitHub workflow', 'vpc-reconciler validate --strict --output github'],
  ],
  note: [
    'To silence a warning, add a comment to its line or to the line above:',
    '# vpc-reconciler: ignore single-label-hostname',
  ],
  exitCodes: [
    ['0', 'All declarations are valid'],
    ['1', 'A problem, a path that cannot be read, invalid usage, or, with --strict, a warning'],
  ],
};

type ValidateFlags = {
  readonly output: ValidateFormat;
  readonly color: ColorMode;
  readonly strict?: boolean;
};

/** Defines `validate`, which checks the declarations without an account or a network. */
export function defineValidate(command: Command, scope: CommandScope): void {
  const { context, setExitCode } = scope;
  command
    .argument('[path...]', 'Files and folders to check instead of the folder of --services; - for stdin')
    .addOption(
      outputOption(
        'Format of the result: for a person, a program, GitHub Actions or GitLab (code quality)',
        VALIDATE_FORMATS,
      ),
    )
    .option('--strict', 'Exit with 1 if there is a warning')
    .addOption(colorOption());
  addSettings(command, FOLDER_SETTINGS, scope);
  addHelpText(command, HELP, context);
  command.action(async (paths: readonly string[], { output, color, strict = false }: ValidateFlags) => {
    const report = (validation: Validation): ExitCode => {
      printValidation(validation, { output, color, strict }, context);
      return isValid(validation, strict) ? 0 : 1;
    };
    try {
      await withConfig(command, scope, async (config) => report(await validate(config, paths, context)));
    } catch (error) {
      if (output === 'text' || !(error instanceof ConfigError)) throw error;
      setExitCode(report(notValidated(error.message.split('\n'))));
    }
  });
}

async function validate({ settings }: Config, paths: readonly string[], context: Context): Promise<Validation> {
  const onlyFolders = paths.length === 0;
  const { services, allow_empty: allowEmpty } = settings;
  const standardInput = paths.includes(STDIO) ? await readStandardInput(context) : null;
  const reading = { rules: fileRules(settings), allowEmpty, onlyFolders, services, standardInput };
  const all = onlyFolders ? [services] : paths;
  await untilResponsive(all, context);
  const { files, textOf, errors, unread } = await readPaths(all, reading, context.stop);
  const declared = collect(files);
  const names = files.map(({ file }) => file);
  const warnings = findWarnings({ files: names, ...declared, unread, textOf, now: Date.now() });
  return { fileCount: files.length, declared, warnings, errors, textOf };
}

/** Returns the result for an invalid configuration. Programs can then read the errors in the format of `--output`. */
function notValidated(errors: readonly string[]): Validation {
  const declared = { declarations: [], tombstones: [], skipped: [], problems: [] };
  return { fileCount: 0, declared, warnings: [], errors, textOf: () => null };
}
