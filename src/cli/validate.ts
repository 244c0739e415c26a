import type { Config } from '../config.ts';
import { collect } from '../core/declared.ts';
import type { Declared } from '../core/declared.ts';
import { FailureError } from '../core/outcome.ts';
import { renderProblem } from '../core/text.ts';
import type { Source } from '../source/folder.ts';
import { paintForResults, print } from './context.ts';
import type { Context, ExitCode } from './context.ts';
import { openSource } from './rooms.ts';

export type ValidateOptions = { readonly output: 'text' | 'json' };

/** Checks the declarations without an account or a network: 0 all hold, 1 otherwise. */
export async function validateCommand(
  { settings }: Config,
  { output }: ValidateOptions,
  context: Context,
): Promise<ExitCode> {
  const { files, declared, error } = await check(openSource(settings), context.stop);
  const { declarations, setAside, problems } = declared;
  const valid = error === null && problems.length === 0;
  if (output === 'json') {
    print(
      context,
      JSON.stringify(
        {
          schema_version: 1,
          valid,
          files,
          declarations: declarations.length,
          set_aside: setAside.length,
          problems,
          error,
        },
        null,
        2,
      ),
    );
    return valid ? 0 : 1;
  }
  const paint = paintForResults(context);
  for (const problem of problems) print(context, paint('red', renderProblem(problem)));
  if (error !== null) print(context, paint('red', error));
  const total = count(declarations.length + setAside.length, 'declaration');
  const summary = `${total} in ${count(files, 'file')}: ${valid ? 'all valid' : `${declarations.length} valid, ${setAside.length} set aside, ${count(problems.length, 'problem')}`}`;
  if (error === null) print(context, paint(valid ? 'green' : 'red', summary));
  return valid ? 0 : 1;
}

type Checked = { readonly files: number; readonly declared: Declared; readonly error: string | null };

async function check(source: Source, stop: AbortSignal): Promise<Checked> {
  try {
    const { files } = await source.read(stop);
    return { files: files.length, declared: collect(files), error: null };
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    return { files: 0, declared: { declarations: [], setAside: [], problems: [] }, error: error.message };
  }
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
