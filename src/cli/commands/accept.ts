import type { Command } from 'commander';
import { ConfigError } from '../../config/config-error.ts';
import type { Config } from '../../config/load-config.ts';
import { escapeControlCharacters } from '../../core/base/text/escape.ts';
import { accept } from '../../core/import/accept/accept.ts';
import type { AcceptedFile } from '../../core/import/accept/accept.ts';
import { isIncludedInAll, refuse, selectCandidates, toAcceptance } from '../../core/import/accept/acceptance.ts';
import type { Acceptance, Refusal } from '../../core/import/accept/acceptance.ts';
import { renderDiff } from '../../core/import/accept/diff.ts';
import type { TextOptions } from '../../core/report/terminal/style.ts';
import { wrapLine } from '../../core/report/terminal/wrap.ts';
import { readFolderTexts, replaceText } from '../../source/folder-texts.ts';
import type { FolderText } from '../../source/folder-texts.ts';
import { printNotice, printResult, printSafeText, resultTextOptions } from '../context.ts';
import type { ColorMode, Context, ExitCode } from '../context.ts';
import { addHelpText } from '../help.ts';
import type { HelpText } from '../help.ts';
import { addSettings, colorOption, fileRules, FOLDER_SETTINGS, withConfig } from '../options.ts';
import type { CommandScope } from '../options.ts';
import { runOnePass } from './one-pass.ts';

const HELP: HelpText = {
  examples: [
    ['Keep a change that was made in the dashboard', 'vpc-reconciler accept orders-db'],
    ['Show what would be written for every drifted service', 'vpc-reconciler accept --all --dry-run'],
    ['Follow a service that was deleted and created again', 'vpc-reconciler accept --ids orders-db'],
  ],
  exitCodes: [
    ['0', 'The selected declarations are as the live services are'],
    ['1', 'A service was refused, or the folder or the account could not be read'],
  ],
  needsAccount: true,
};

type AcceptFlags = {
  readonly all?: boolean;
  readonly ids?: boolean;
  readonly dryRun?: boolean;
  readonly color: ColorMode;
};

/** Defines `accept`, which writes live values into declarations. */
export function defineAccept(command: Command, scope: CommandScope): void {
  command
    .argument('[services...]', 'Names or ids of declared services')
    .option('--all', 'Accept every declared service whose live values differ')
    .option('--ids', 'Write the service_id only, and keep the declared values')
    .option('--dry-run', 'Print a unified diff, and write nothing')
    .addOption(colorOption());
  addSettings(
    command,
    [...FOLDER_SETTINGS, 'request_budget', 'concurrency', 'request_timeout', 'pass_timeout', 'ca_file'],
    scope,
  );
  addHelpText(command, HELP, scope.context);
  command.action(async (services: readonly string[], flags: AcceptFlags) =>
    withConfig(command, scope, async (config) => acceptServices(config, services, flags, scope.context)),
  );
}

async function acceptServices(
  config: Config,
  wanted: readonly string[],
  flags: AcceptFlags,
  context: Context,
): Promise<ExitCode> {
  if (flags.all !== true && wanted.length === 0) {
    throw new ConfigError('expected the names or ids of services, or --all, found neither');
  }
  if (flags.all === true && wanted.length > 0) {
    throw new ConfigError('expected either the names or ids of services, or --all, found both');
  }
  const notify = (text: string) => printNotice(context, text);
  const { report, planned } = await runOnePass(
    config,
    { planOnly: true, output: 'text', color: flags.color, only: [] },
    context,
  );
  if (report.error !== null) {
    notify(report.error.message);
    return 1;
  }
  const { selected, errors } = selectCandidates(planned.findings, wanted);
  if (errors.length > 0) {
    for (const error of [...errors, 'nothing was written']) notify(error);
    return 1;
  }
  const options = { onlyIds: flags.ids === true };
  const candidates = flags.all === true ? selected.filter((each) => isIncludedInAll(each, options)) : selected;
  const acceptances = candidates.map((candidate) => toAcceptance(candidate, options));
  const { services } = config.settings;
  const folder = await readFolderTexts(services, fileRules(config.settings), context.stop);
  const { files, refused } = accept(
    acceptances.filter((each) => each.kind === 'edit'),
    folder,
  );
  context.stop.throwIfAborted();
  const write = (each: AcceptedFile<FolderText>) =>
    flags.dryRun === true ? null : replaceText(services, each.file, each.text);
  const results = files.map((each) => ({ ...each, fault: write(each) }));
  const allRefused = [
    ...acceptances.filter((each) => each.kind === 'refused'),
    ...refused,
    ...results.flatMap(({ fault, edits }) =>
      fault === null ? [] : edits.map(({ declaration }) => refuse(declaration, fault)),
    ),
  ];
  const accepted = results.filter(({ fault }) => fault === null);
  printAccepted(accepted, flags, context);
  for (const refusal of allRefused) notify(describeRefusal(refusal));
  const summary = summarize({ accepted, refused: allRefused, acceptances }, flags);
  // With a diff, stdout holds a patch and nothing else.
  if (flags.dryRun === true) notify(summary);
  else printResult(context, summary);
  return allRefused.length === 0 ? 0 : 1;
}

function printAccepted(
  accepted: readonly AcceptedFile<FolderText>[],
  { dryRun, color }: AcceptFlags,
  context: Context,
): void {
  const options = resultTextOptions(context, color);
  for (const { file, text, edits } of accepted) {
    if (dryRun === true) printResult(context, paintDiff(renderDiff(file.file, file.text, text), options, context));
    for (const { declaration, live, changes, unknownFields } of edits) {
      if (dryRun !== true) {
        const place = escapeControlCharacters(`${declaration.file}:${declaration.line}`);
        const name = options.paint('bold', escapeControlCharacters(declaration.name));
        const paths = options.paint('dim', changes.map(({ path }) => path).join(', '));
        printSafeText(context, wrapLine(`${place}  ${name}  ${paths}`, options));
      }
      if (unknownFields.length > 0) {
        printNotice(
          context,
          `${live.name}: fields unknown to this version were not declared: ${unknownFields.join(', ')}; see the setting unknown_fields`,
        );
      }
    }
  }
}

/** Colors the lines of a diff. On a terminal, characters that control it are escaped; otherwise, the diff can be applied as it is. */
function paintDiff(diff: string, { paint }: TextOptions, { stdout }: Context): string {
  const lines = diff.trimEnd().split('\n');
  return lines
    .map((line) => (stdout.isTTY === true ? escapeControlCharacters(line.replace(/\r$/, '')) : line))
    .map((line) => {
      if (/^(?:---|\+\+\+) /.test(line)) return paint('bold', line);
      if (line.startsWith('@@')) return paint('dim', line);
      if (line.startsWith('+')) return paint('green', line);
      return line.startsWith('-') ? paint('red', line) : line;
    })
    .join('\n');
}

function describeRefusal({ name, file, line, reason }: Refusal): string {
  return `${file === null ? '' : `${file}:${line} `}${name}: ${reason}`;
}

type Result = {
  readonly accepted: readonly AcceptedFile<FolderText>[];
  readonly refused: readonly Refusal[];
  readonly acceptances: readonly Acceptance[];
};

function summarize({ accepted, refused, acceptances }: Result, { dryRun }: AcceptFlags): string {
  const counts = [
    { count: accepted.flatMap(({ edits }) => edits).length, label: dryRun === true ? 'to be accepted' : 'accepted' },
    { count: acceptances.filter(({ kind }) => kind === 'done').length, label: 'already in sync' },
    { count: refused.length, label: 'refused' },
  ].filter(({ count }) => count > 0);
  return counts.map(({ count, label }) => `${count} ${label}`).join(', ') || 'no drift: nothing to accept';
}
