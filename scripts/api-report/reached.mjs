import { referencesOf } from './references.mjs';

/** The declarations that have been come to, and the names of other packages. */
export class Reached {
  /** Texts by `file#name`. */
  declared = new Map();
  lines = new Set();

  constructor(modules) {
    this.modules = modules;
  }

  /** Where a name of `module` is declared: in one of our files, or in another package. */
  resolve(module, { from, name }) {
    if (from === undefined) {
      if (module.declarations.has(name)) return { id: `${module.file}#${name}`, module, name };
      const imported = module.imports.get(name);
      return imported && this.resolve(module, imported);
    }
    const next = this.modules.next(module, from);
    if (next === undefined) return { external: from, name };
    const exported = next.exports.get(name);
    if (exported === undefined) throw new Error(`${module.file}: ${from} has no export ${name} that can be followed`);
    return this.resolve(next, exported);
  }

  /** @param exportedAs as the index lists it */
  add({ external, module, id, name }, exportedAs) {
    if (external !== undefined) {
      if (exportedAs !== undefined) this.lines.add(`export { ${exportedAs} } from '${external}';`);
      return;
    }
    if (exportedAs?.includes(' as ')) this.lines.add(`export { ${exportedAs} };`);
    if (this.declared.has(id)) return;
    const declarations = module.declarations.get(name);
    this.declared.set(
      id,
      declarations.map(({ text }) => text),
    );
    for (const declaration of declarations) this.follow(module, declaration);
  }

  /** Adds what a declaration refers to; what no module declares is a type parameter or the language's own. */
  follow(module, { node }) {
    for (const reference of referencesOf(node)) {
      const source = this.resolve(module, reference);
      if (source === undefined) continue;
      this.add(source);
      const isRenamed = reference.from === undefined && source.name !== reference.name;
      const name = isRenamed ? `${source.name} as ${reference.name}` : source.name;
      if (reference.from === undefined && source.external !== undefined)
        this.lines.add(importOf(name, source.external));
      else if (isRenamed) this.lines.add(`import { ${name} };`);
    }
  }
}

function importOf(name, from) {
  const [, kind, local] = /^(\*|default) as (.*)$/.exec(name) ?? [];
  if (kind === undefined) return `import { ${name} } from '${from}';`;
  return `import ${kind === '*' ? `* as ${local}` : local} from '${from}';`;
}
