import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  CompletionRequest,
  ConfigurationRequest,
  createProtocolConnection,
  DidOpenTextDocumentNotification,
  ExitNotification,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  MarkupContent,
  PublishDiagnosticsNotification,
  RegistrationRequest,
  ShutdownRequest,
} from 'vscode-languageserver-protocol/node';
import type { CompletionItem, Diagnostic, Position } from 'vscode-languageserver-protocol/node';
import { root } from './program.ts';

/** A client of the YAML language server that VS Code, Neovim, Helix, Emacs and others run, on stdio. */
export type Editor = {
  /** Returns the diagnostics of a text as `line:column–column message`, counted from 1. The path defaults to that of a new file. */
  readonly problems: (text: string, path?: string) => Promise<readonly string[]>;
  /** Returns the completions at the `|` in a text: the description by label. */
  readonly offers: (text: string) => Promise<ReadonlyMap<string, string>>;
  /** Returns the hover text at the `|` in a text. */
  readonly shows: (text: string) => Promise<string>;
  readonly close: () => Promise<void>;
};

const SERVER = `${root}node_modules/yaml-language-server/bin/yaml-language-server`;

/** Ends the process when it opens a network connection. */
const OFFLINE = "import { Socket } from 'node:net'; Socket.prototype.connect = () => process.exit(99);";
const OFFLINE_FLAG = `--import=data:text/javascript,${encodeURIComponent(OFFLINE)}`;

const SETTINGS = {
  yaml: {
    validate: true,
    hover: true,
    completion: true,
    schemaStore: { enable: false },
    kubernetesCRDStore: { enable: false },
  },
};

/** Starts an editor for the files in a folder, without the schema store. */
export async function startEditor(folder: string): Promise<Editor> {
  const server = spawn(process.execPath, [OFFLINE_FLAG, SERVER, '--stdio'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const connection = createProtocolConnection(server.stdout, server.stdin);
  connection.onRequest(ConfigurationRequest.type, ({ items }) =>
    items.map(({ section }) => (section === 'yaml' ? SETTINGS.yaml : {})),
  );
  connection.onRequest(RegistrationRequest.type, () => {});
  const listeners = new Map<string, (diagnostics: readonly Diagnostic[]) => void>();
  connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, diagnostics }) =>
    listeners.get(uri)?.(diagnostics),
  );
  connection.listen();
  const close = async () => {
    const exited = once(server, 'exit');
    await connection.sendRequest(ShutdownRequest.type);
    await connection.sendNotification(ExitNotification.type);
    await exited;
    connection.dispose();
  };
  const uri = pathToFileURL(folder).href;
  await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: uri,
    workspaceFolders: [{ uri, name: 'folder' }],
    capabilities: {
      workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true }, workspaceFolders: true },
      textDocument: {
        hover: { contentFormat: ['markdown'] },
        completion: { completionItem: { documentationFormat: ['markdown'], snippetSupport: true } },
      },
    },
  });
  await connection.sendNotification(InitializedNotification.type, {});

  let opened = 0;
  /** Opens a text as a new file. */
  const open = async (text: string, path = join(folder, `file-${(opened += 1)}.yaml`)) => {
    const file = pathToFileURL(path).href;
    const diagnostics = new Promise<readonly Diagnostic[]>((resolve) => listeners.set(file, resolve));
    const textDocument = { uri: file, languageId: 'yaml', version: 1, text };
    await connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
    return { textDocument: { uri: file }, diagnostics };
  };
  const openAt = async (marked: string) => {
    const before = marked.slice(0, marked.indexOf('|')).split('\n');
    const position: Position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
    return { ...(await open(marked.replace('|', ''))), position };
  };
  return {
    close,
    problems: async (text, path) => {
      const diagnostics = await (await open(text, path)).diagnostics;
      return diagnostics.map(
        ({ range: { start, end }, message }) =>
          `${start.line + 1}:${start.character + 1}–${end.character + 1} ${textOf(message)}`,
      );
    },
    offers: async (marked) => {
      const answer = await connection.sendRequest(CompletionRequest.type, await openAt(marked));
      const items: readonly CompletionItem[] = Array.isArray(answer) ? answer : (answer?.items ?? []);
      return new Map(items.map(({ label, documentation }) => [label, textOf(documentation)]));
    },
    shows: async (marked) => {
      const hover = await connection.sendRequest(HoverRequest.type, await openAt(marked));
      return MarkupContent.is(hover?.contents) ? hover.contents.value : '';
    },
  };
}

function textOf(text: string | MarkupContent | undefined): string {
  return typeof text === 'string' ? text : (text?.value ?? '');
}
