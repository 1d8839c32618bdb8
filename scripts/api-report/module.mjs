import { readFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';

/**
 * What a declaration file declares, imports and exports.
 *
 * @typedef {{ node: object, text: string }} Declaration
 * @typedef {{ from?: string, name: string }} Source another module's name; without `from`, this one's
 * @typedef {object} Module
 * @property {string} file
 * @property {Map<string, Declaration[]>} declarations by name; overloads, and a type beside its value, are several
 * @property {Map<string, Source>} imports by the name that they have here; `*` for a namespace
 * @property {Map<string, Source & { text: string }>} exports by the name that others see
 * @property {Declaration[]} augmentations of the global scope, and of other packages
 * @property {string[]} needs the modules that it names
 */

/** @returns {Module} */
export function readModule(file) {
  const source = readFileSync(file, 'utf8');
  const { program, comments, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const module = {
    file,
    declarations: new Map(),
    imports: new Map(),
    exports: new Map(),
    augmentations: [],
    needs: program.body.flatMap(({ source }) => source?.value ?? []),
  };
  const textOf = (node) => withoutComments(source, comments, node).replace(/^declare (?!global|module)/, '');
  for (const node of program.body) readStatement(module, node, textOf);
  return module;
}

function readStatement(module, node, textOf) {
  if (node.type === 'ImportDeclaration') {
    for (const specifier of node.specifiers) module.imports.set(specifier.local.name, sourceOf(specifier, node));
    return;
  }
  if (node.type !== 'ExportNamedDeclaration') {
    declare(module, node, textOf);
    return;
  }
  for (const { local, exported, exportKind } of node.specifiers) {
    const isType = (exportKind === 'type' || node.exportKind === 'type') && node.source !== null;
    const renamed = local.name === exported.name ? local.name : `${local.name} as ${exported.name}`;
    const from = node.source?.value;
    module.exports.set(exported.name, { from, name: local.name, text: `${isType ? 'type ' : ''}${renamed}` });
  }
  if (node.declaration === null) return;
  for (const name of declare(module, node.declaration, textOf)) module.exports.set(name, { name, text: name });
}

function sourceOf({ type, imported }, { source }) {
  const names = { ImportNamespaceSpecifier: '*', ImportDefaultSpecifier: 'default' };
  return { from: source.value, name: names[type] ?? imported.name };
}

/** @returns {string[]} the names that it declares */
function declare(module, node, textOf) {
  if (node.type === 'VariableDeclaration') {
    for (const one of node.declarations) add(module, one.id.name, { node: one, text: `${node.kind} ${textOf(one)};` });
    return node.declarations.map(({ id }) => id.name);
  }
  if (node.type === 'TSModuleDeclaration' && (node.global || node.id.type === 'Literal')) {
    module.augmentations.push({ node, text: textOf(node) });
    return [];
  }
  if (node.id?.name === undefined) throw new Error(`${module.file}: ${node.type} is not known to scripts/api-report`);
  add(module, node.id.name, { node, text: textOf(node) });
  return [node.id.name];
}

function add({ declarations }, name, declaration) {
  declarations.set(name, [...(declarations.get(name) ?? []), declaration]);
}

function withoutComments(source, comments, { start, end }) {
  let text = '';
  let at = start;
  for (const comment of comments.filter((one) => one.start >= start && one.end <= end)) {
    text += source.slice(at, comment.start);
    at = comment.end;
  }
  return (text + source.slice(at, end)).replace(/[ \t]+$/gm, '').replace(/\n{2,}/g, '\n');
}
