import { existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { readAccount } from '../../config/account.ts';
import { ConfigError } from '../../config/load-config.ts';
import type { Config } from '../../config/load-config.ts';
import type { Settings } from '../../config/settings.ts';
import { errorCode } from '../../core/base/errno.ts';
import { failure, FailureError } from '../../core/base/failure.ts';
import { printable } from '../../core/base/printable.ts';
import { select } from '../../core/compare/select.ts';
import { fileNames } from '../../core/import/file-name.ts';
import { planImport } from '../../core/import/plan-import.ts';
import type { ImportedFile, ImportPlan } from '../../core/import/plan-import.ts';
import { toDeclaration } from '../../core/import/to-declaration.ts';
import { collect } from '../../core/load/collect.ts';
import type { ParsedFile } from '../../core/load/declaration.ts';
import { renderProblem } from '../../core/load/problem.ts';
import { wrapLine } from '../../core/report/terminal/wrap.ts';
import type { LiveService } from '../../core/service/directory.ts';
import { wouldRead } from '../../source/list-files.ts';
import { folderSource } from '../../source/folder-source.ts';
import { writeFiles } from '../../source/write-files.ts';
import { print, tell, textOptionsForResults } from '../context.ts';
import type { Context, ExitCode } from '../context.ts';
import { tellingWaits } from '../slow-list-notice.ts';
import { describeWait, openBudget, openDirectory } from '../wiring.ts';

export type ImportOptions = {
  /** Where to write; the folder of declarations unless given. */
  readonly into: string | undefined;
  /** Names and ids of the services that are wanted; all of them where there is none. */
  readonly only: readonly string[];
  /** Whether to write declarations anew that have a file of their own. */
  readonly force: boolean;
};

/** Writes the live services as declarations: 0 all that was asked for is declared now, 1 otherwise. */
export async function importCommand(
  { settings }: Config,
  { into = settings.services, only, force }: ImportOptions,
  context: Context,
): Promise<ExitCode> {
  const say = (text: string) => tell(context, text);
  const refuse = (reasons: readonly string[]): ExitCode => {
    for (const reason of [...reasons, 'nothing is imported']) say(reason);
    return 1;
  };
  const places = placesOf(into, settings);
  const folder = await readFolder(places.root, settings, context);
  const { problems } = collect(folder);
  // What a broken file declares cannot be known, and would be declared a second time.
  if (problems.length > 0) return refuse([...problems.map(renderProblem), 'put these files right first']);

  const live = await list(settings, context, say);
  const { selected: picked, errors: faults } = select(live, only, ({ service_id, name }) => ({
    service_id,
    names: [name],
  }));
  if (faults.length > 0) return refuse(faults.map((fault) => `--only: ${fault}`));

  // Of all of them, so that a file is called the same whatever is asked for.
  const names = fileNames(live);
  const plan = planImport({
    services: picked.map(toDeclaration),
    folder,
    existingNames: entriesOf(places.folder),
    pathOf: (id) => join(places.folder, names.get(id) ?? ''),
    headerOf: schemaComment,
    force,
  });
  const unread = plan.files.filter(({ path, replaces }) => !replaces && !places.isRead(basename(path)));
  const conflicts = [
    ...plan.conflicts,
    ...unread.map(
      ({ path }) =>
        `${path}: expected a path that is read (${settings.include.join(', ')}; nothing hidden), found another`,
    ),
  ];
  if (conflicts.length > 0) return refuse(conflicts);

  context.stop.throwIfAborted();
  const { written, fault } = writeFiles(plan.files, places);
  for (const remark of remarksOn(plan, written)) say(remark);
  if (fault !== null) say(`${fault.path}: ${fault.message}`);
  const look = textOptionsForResults(context, 'auto');
  for (const { path, live: service } of written) {
    const [name, id] = [look.paint('bold', printable(service.name)), look.paint('dim', service.service_id)];
    print(context, wrapLine(`${printable(path)}  ${name}  ${id}`, look));
  }
  print(context, totalsOf(plan, written.length));
  return plan.undeclarable.length === 0 && fault === null ? 0 : 1;
}

/** Of what is as it was, nobody reads more: the totals say how many there are. */
const MOST_NAMED = 5;

/** What is to be said of services beside that they were written. */
function remarksOn({ declared, undeclarable }: ImportPlan, written: readonly ImportedFile[]): readonly string[] {
  return [
    ...(declared.length > MOST_NAMED
      ? []
      : declared.map(
          ({ live, declaration: { file, line } }) =>
            `${title(live)}: declared already in ${file}:${line}; left as it is`,
        )),
    ...undeclarable.map(({ live, reason }) => `${title(live)}: this version cannot declare it: ${reason}`),
    ...written.flatMap(({ live, unknownFields: fields }) =>
      fields.length === 0
        ? []
        : [
            `${title(live)}: not declared, for this version does not know them: ${fields.join(', ')} (see unknown_fields)`,
          ],
    ),
  ];
}

function title({ name, service_id }: LiveService): string {
  return `${name} (${service_id})`;
}

function totalsOf({ files, declared, undeclarable }: ImportPlan, written: number): string {
  const numbers = [
    { number: written, of: 'written' },
    { number: declared.length, of: 'declared already' },
    { number: undeclarable.length, of: 'not to be declared' },
    { number: files.length - written, of: 'not written' },
  ].flatMap(({ number, of }) => (number > 0 ? [`${number} ${of}`] : []));
  return numbers.join(', ') || 'no services: nothing to write';
}

/** Where to write, and the folder with whose declarations what is written will stand together. */
type Places = {
  readonly folder: string;
  readonly root: string;
  /** Whether a file of this name would be read there. */
  readonly isRead: (name: string) => boolean;
};

function placesOf(into: string, { services, include }: Settings): Places {
  if (into.trim() === '') throw new ConfigError(`--into: expected a folder, found ${JSON.stringify(into)}`);
  const [from, to] = [realPath(resolve(services)), realPath(resolve(into))];
  const within = to === from || to.startsWith(from.endsWith(sep) ? from : from + sep);
  const prefix = within && to !== from ? `${relative(from, to).replaceAll(sep, '/')}/` : '';
  return {
    folder: into,
    root: within ? services : into,
    isRead: (name) => wouldRead(prefix + name, include),
  };
}

/** Where a path really leads, also one that is not all there yet. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    // What does not exist has no links; what cannot be read is told by whoever reads it.
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
  }
}

async function readFolder(path: string, { include }: Settings, { stop }: Context): Promise<readonly ParsedFile[]> {
  if (isAbsent(path)) return [];
  const { files } = await folderSource({ path, include, allowEmpty: true }).read(stop);
  return files;
}

function entriesOf(folder: string): readonly string[] {
  if (isAbsent(folder)) return [];
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new FailureError(failure('source', `${folder}: the folder cannot be read: ${errorCode(error)}`));
  }
}

/** Unreadable is not absent: what cannot be looked at may be full of declarations. */
function isAbsent(path: string): boolean {
  try {
    lstatSync(path);
    return false;
  } catch (error) {
    return errorCode(error) === 'ENOENT';
  }
}

async function list(
  settings: Settings,
  { environment, secrets, stop }: Context,
  say: (text: string) => void,
): Promise<readonly LiveService[]> {
  const account = readAccount(environment, {
    onSecret: secrets.add,
    otherwise: 'vpc-reconciler emulate is one to try it with',
  });
  const budget = openBudget(settings, (wait) => say(describeWait(wait)));
  const directory = tellingWaits(openDirectory(settings, account, budget), account.baseUrl, say);
  try {
    return await directory.list({ stop, kill: stop });
  } finally {
    await directory.close();
  }
}

const SCHEMA = 'config/service.schema.json';
const MOST_PARENTS = 4;

/** For editors, where the schema lies in a folder above the file. */
function schemaComment(path: string): string {
  for (let parents = 0; parents <= MOST_PARENTS; parents += 1) {
    const way = '../'.repeat(parents) + SCHEMA;
    if (existsSync(join(dirname(path), way))) return `# yaml-language-server: $schema=${way}\n`;
  }
  return '';
}
