import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced block of a page: its language, its content, and the line of its fence, from 1. */
export type Block = {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly content: string;
};

export const root = new URL('../..', import.meta.url).pathname;

/** Every Markdown page of the repository, relative to its root. */
export const pages: readonly string[] = globSync(['*.md', '{config,services,test}/**/*.md'], {
  cwd: root,
  exclude: ['**/node_modules'],
}).toSorted();

export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** The fenced blocks of a page, also those inside a list. */
export function blocksOf(page: string): readonly Block[] {
  const text = readPage(page);
  return [...text.matchAll(/^( *)```(\w+)\n([^]*?)^\1```$/gm)].map(
    ({ index, 1: indent = '', 2: language = '', 3: content = '' }) => ({
      page,
      line: text.slice(0, index).split('\n').length,
      language,
      content: content.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}

/** The rows of the tables in a page that begin with `name` in backticks: the name and the other cells. */
export function rowsOf(page: string, section: string): ReadonlyMap<string, readonly string[]> {
  const [, text = ''] =
    new RegExp(`^#+ ${section}\n([^]*?)(?=^#|$(?![^]))`, 'm').exec(withoutBlocks(readPage(page))) ?? [];
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  return new Map(
    rows.flatMap((row) => {
      const [first = '', ...cells] = row
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim());
      return [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => [name, cells] as const);
    }),
  );
}

/** A page without its fenced blocks, whose lines can look like headings. */
export function withoutBlocks(text: string): string {
  return text.replaceAll(/^ *```[^]*?^ *```$/gm, '');
}
