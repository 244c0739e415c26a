import { basename, join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Config } from '../../config/load-config.ts';
import type { Settings } from '../../config/settings.ts';
import { escapeControlCharacters } from '../../core/base/text/escape.ts';
import { select } from '../../core/compare/select.ts';
import { fileNames } from '../../core/import/file-name.ts';
import { planImport } from '../../core/import/plan-import.ts';
import type { ImportedFile, ImportPlan } from '../../core/import/plan-import.ts';
import { DECLARATION_STYLES, toDeclaration } from '../../core/import/to-declaration.ts';
import type { DeclarationStyle } from '../../core/import/to-declaration.ts';
import { collect } from '../../core/load/collect.ts';
import { renderProblem } from '../../core/load/problem.ts';
import type { TextOptions } from '../../core/report/terminal/style.ts';
import { wrapLine } from '../../core/report/terminal/wrap.ts';
import { isUsable } from '../../core/service/directory.ts';
import type { ListedItem, LiveService } from '../../core/service/directory.ts';
import { toFileToWrite } from '../../source/folder-texts.ts';
import { writeFiles } from '../../source/write-files.ts';
import { printNotice, printResult, printSafeText, resultTextOptions } from '../context.ts';
import type { ColorMode, Context, ExitCode } from '../context.ts';
import { addHelpText } from '../help.ts';
import { readAccountOf } from '../input/account-input.ts';
import { untilResponsive } from '../input/responsive.ts';
import type { HelpText } from '../help.ts';
import { addSettings, colorOption, onlyOption, withConfig } from '../options.ts';
import type { CommandScope } from '../options.ts';
import { withSlowListNotice } from '../slow-list-notice.ts';
import { createBudget, createDirectory, describeWait } from '../wiring.ts';
import { fileNamesIn, importTarget, readDeclaredFiles, readDeclaredTexts, schemaComment } from './import-target.ts';
import type { ImportTarget } from './import-target.ts';

const HELP: HelpText = {
  examples: [
    ['Import every live service', 'vpc-reconciler import --into services'],
    ['Import two services', 'vpc-reconciler import --only orders-db,orders-api'],
    ['Write declarations without ids', 'vpc-reconciler import --into services --style name'],
    ['Update declarations that exist, too', 'vpc-reconciler import --force'],
  ],
  exitCodes: [
    ['0', 'Every selected service has a declaration now'],
    ['1', 'A service could not be declared, or nothing was written because of a conflict or an error'],
  ],
  needsAccount: true,
};

type ImportFlags = {
  readonly into?: string;
  /** Names and ids of the services to import; empty for all. */
  readonly only: readonly string[];
  readonly force?: boolean;
  readonly style: DeclarationStyle;
  readonly color: ColorMode;
};

/** Defines `import`, which writes the live services as declarations. */
export function defineImport(command: Command, scope: CommandScope): void {
  command
    .option('--into <folder>', 'Folder to write to (default: the folder of --services)')
    .addOption(onlyOption())
    .option('--force', 'Write live values into existing declarations, too; everything else in their files stays')
    .addOption(
      new Option('--style <style>', 'How new declarations name their services: by id, or by name without an id')
        .choices(DECLARATION_STYLES)
        .default('id'),
    )
    .addOption(colorOption());
  addSettings(
    command,
    ['services', 'include', 'exclude', 'values', 'request_budget', 'request_timeout', 'ca_file'],
    scope,
  );
  addHelpText(command, HELP, scope.context);
  command.action(async (flags: ImportFlags) =>
    withConfig(command, scope, async (config) => importServices(config, flags, scope.context)),
  );
}

/** Writes the declarations; either all of them, or none if one has a conflict. */
async function importServices({ settings }: Config, flags: ImportFlags, context: Context): Promise<ExitCode> {
  const notify = (text: string) => printNotice(context, text);
  const refuse = (reasons: readonly string[]): ExitCode => {
    for (const reason of [...reasons, 'nothing was imported']) notify(reason);
    return 1;
  };
  await untilResponsive([settings.services, flags.into], context);
  const target = importTarget(flags.into ?? settings.services, settings);
  const declaredFiles = await readDeclaredFiles(target, settings, context.stop);
  const { problems } = collect(declaredFiles);
  // The services of an invalid file are unknown, and would be declared a second time.
  if (problems.length > 0) return refuse([...problems.map(renderProblem), 'fix these files first']);

  const items = await listServices(settings, context, notify);
  const live = items.filter(isUsable);
  const unusable = flags.only.length > 0 ? [] : items.filter((item) => !isUsable(item));
  const { selected, errors } = select(live, flags.only, ({ service_id, name }) => ({ service_id, names: [name] }));
  if (errors.length > 0) return refuse(errors.map((error) => `--only: ${error}`));

  // File names are derived from all services, so that the name of a file does not depend on the selection.
  const names = fileNames(live);
  const texts = flags.force === true ? await readDeclaredTexts(target, settings, context.stop) : null;
  const plan = planImport({
    services: selected.map((service) => toDeclaration(service, flags.style)),
    folder: declaredFiles,
    existingNames: fileNamesIn(target.folder),
    pathOf: (id) => join(target.folder, names.get(id) ?? ''),
    headerOf: schemaComment,
    texts,
  });
  const conflicts = [...plan.conflicts, ...findIncludeConflicts(plan, target, settings)];
  if (conflicts.length > 0) return refuse(conflicts);

  context.stop.throwIfAborted();
  const { written, fault } = writeFiles(
    plan.files.map((file) => toFileToWrite(file, texts ?? [])),
    target,
  );
  for (const { name, reason } of unusable) notify(`${name ?? '(no name)'}: cannot be declared; ${reason}`);
  for (const notice of noticesOf(plan, written)) notify(notice);
  if (fault !== null) notify(`${fault.path}: ${fault.message}`);
  printWritten(written, resultTextOptions(context, flags.color), context);
  printResult(context, summarize(plan, written));
  return plan.undeclarable.length + unusable.length === 0 && fault === null ? 0 : 1;
}

async function listServices(
  settings: Settings,
  context: Context,
  notify: (text: string) => void,
): Promise<readonly ListedItem[]> {
  const alternative = 'run vpc-reconciler emulate to try this without an account';
  const account = await readAccountOf(context, settings, { alternative });
  const budget = createBudget(settings, (wait) => notify(describeWait(wait)));
  const directory = withSlowListNotice(createDirectory(settings, account, budget), account.baseUrl, notify);
  try {
    return await directory.list({ stop: context.stop, kill: context.stop });
  } finally {
    await directory.close();
  }
}

/** Returns a conflict for every new file that would not be read as a declaration. */
function findIncludeConflicts(
  plan: ImportPlan,
  target: ImportTarget,
  { include, exclude }: Settings,
): readonly string[] {
  return plan.files
    .filter(({ path, replaces }) => !replaces && !target.isIncluded(basename(path)))
    .map(
      ({ path }) =>
        `${path}: expected a path that is read, found that it is hidden, that "include" (${include.join(', ')}) does not match it, or that "exclude" (${exclude.join(', ') || 'none'}) does; choose another folder with --into`,
    );
}

/** At most this many existing declarations are named. The summary counts all of them. */
const MAX_NAMED = 5;

function noticesOf({ declared, undeclarable }: ImportPlan, written: readonly ImportedFile[]): readonly string[] {
  const existing = declared.length > MAX_NAMED ? [] : declared;
  return [
    ...existing.map(
      ({ live, declaration: { file, line } }) =>
        `${titleOf(live)}: already declared in ${file}:${line}, which is unchanged`,
    ),
    ...undeclarable.map(({ live, reason }) => `${titleOf(live)}: this version cannot declare it: ${reason}`),
    ...written
      .flatMap(({ services }) => services)
      .filter(({ unknownFields }) => unknownFields.length > 0)
      .map(
        ({ live, unknownFields }) =>
          `${titleOf(live)}: fields unknown to this version were not declared: ${unknownFields.join(', ')}; see the setting unknown_fields`,
      ),
  ];
}

function titleOf({ name, service_id }: LiveService): string {
  return `${name} (${service_id})`;
}

function printWritten(written: readonly ImportedFile[], textOptions: TextOptions, context: Context): void {
  for (const { path, live } of written.flatMap(({ path: each, services }) =>
    services.map((service) => ({ path: each, live: service.live })),
  )) {
    const name = textOptions.paint('bold', escapeControlCharacters(live.name));
    const id = textOptions.paint('dim', live.service_id);
    printSafeText(context, wrapLine(`${escapeControlCharacters(path)}  ${name}  ${id}`, textOptions));
  }
}

function summarize({ files, declared, undeclarable }: ImportPlan, written: readonly ImportedFile[]): string {
  const counts = [
    { count: countOf(written), label: 'written' },
    { count: declared.length, label: 'already declared' },
    { count: undeclarable.length, label: 'not declarable' },
    { count: countOf(files) - countOf(written), label: 'not written' },
  ].filter(({ count }) => count > 0);
  return counts.map(({ count, label }) => `${count} ${label}`).join(', ') || 'no services: nothing to write';
}

function countOf(files: readonly ImportedFile[]): number {
  return files.flatMap(({ services }) => services).length;
}
