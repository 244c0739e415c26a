import { Argument } from 'commander';
import type { Command } from 'commander';
import { configSchema } from '../../config/setting-docs.ts';
import { serviceSchema } from '../../core/service/declaration-schema.ts';
import { printResult } from '../context.ts';
import { addHelpText } from '../help.ts';
import type { HelpText } from '../help.ts';
import { addHelpOption } from '../options.ts';
import type { CommandScope } from '../options.ts';

/** The files that have a JSON Schema. */
const SCHEMAS = { declaration: serviceSchema, config: configSchema } as const;

const HELP: HelpText = {
  examples: [['Save the schema for an editor', 'vpc-reconciler schema > service.schema.json']],
  note: [
    'To use the schema, add this as the first line of a declaration in the same folder:',
    '# yaml-language-server: $schema=service.schema.json',
  ],
  exitCodes: [
    ['0', 'The schema was printed'],
    ['1', 'Invalid usage'],
  ],
};

/** Defines `schema`, which prints a JSON Schema for editors. */
export function defineSchema(command: Command, { context }: CommandScope): void {
  command.addArgument(new Argument('[kind]', 'Kind of file').choices(Object.keys(SCHEMAS)).default('declaration'));
  addHelpOption(command);
  addHelpText(command, HELP, context);
  command.action((kind: keyof typeof SCHEMAS) => {
    printResult(context, JSON.stringify(SCHEMAS[kind](), null, 2));
  });
}
