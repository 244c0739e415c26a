import type { YamlDocument } from '../yaml/yaml-document.ts';
import type { CheckedService, ServiceWarning } from './service-rules.ts';
import { textAt } from './service-rules.ts';

type Rule = (service: CheckedService, document: YamlDocument) => readonly ServiceWarning[];

/** The rules that look at how a service is written. */
export const SOURCE_RULES: readonly Rule[] = [checkTemplates, checkNumbers];

/** Whether a text may break one of these rules. Most do not, and parsing a file again takes time. */
export function mayBreakSourceRules(text: string): boolean {
  return /\$[{(]|\{\{|<|port["']?\s*:\s*(?:[+.-]|0|\d+[^\d\s,}#])/.test(text);
}

/** Text that a template should have replaced. Values replace `${…}`, and `$${` is a literal `${`. */
const TEMPLATE = /\$\{[^{}]*\}|\{\{.*?\}\}|^<[^<>]+>$|\$\([A-Za-z_]\w*\)/;

/** Warns about a name that contains a template. Other fields do not accept one. */
function checkTemplates(service: CheckedService, document: YamlDocument): readonly ServiceWarning[] {
  const name = textAt(service, 'name');
  const [template] = TEMPLATE.exec(name) ?? [];
  if (template === undefined || document.sourceOf(['name'])?.includes('$${') === true) return [];
  const message = `"${template}" looks like a template that was not filled in; write the actual name`;
  return [{ service, code: 'unfilled-template', path: ['name'], message }];
}

const PORTS = ['http_port', 'https_port', 'tcp_port'] as const;

/** Warns about a number such as 05432, which is 2842 for other readers of YAML. */
function checkNumbers(service: CheckedService, document: YamlDocument): readonly ServiceWarning[] {
  return PORTS.flatMap((port): readonly ServiceWarning[] => {
    const source = document.sourceOf([port]) ?? '';
    const value = Number(service.fields.get(port));
    if (!/^[-+.\d]/.test(source) || source === String(value)) return [];
    const message = `other YAML tools read ${source} as a different number or as text; write ${value}`;
    return [{ service, code: 'number-notation', path: [port], message }];
  });
}
