import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';

/** Renders the change of a file as a unified diff, which `patch -p0` and `git apply -p0` can apply. */
export function renderDiff(file: string, before: string, after: string): string {
  return createTwoFilesPatch(file, file, before, after, undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}
