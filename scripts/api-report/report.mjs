import { Modules } from './modules.mjs';
import { Reached } from './reached.mjs';

/**
 * All that users of a package can see of its types, as one text without comments: what its index exports, what that
 * refers to, and what it adds to other packages' types.
 *
 * @param {string} index its `index.d.ts`
 */
export function apiReport(index) {
  const modules = new Modules();
  const reached = new Reached(modules);
  const root = modules.read(index);
  const exported = new Map(
    [...root.exports.keys()].map((name) => [name, reached.resolve(root, root.exports.get(name))]),
  );
  for (const [name, source] of exported) reached.add(source, root.exports.get(name).text);
  const augmentations = modules.all(root).flatMap((module) =>
    module.augmentations.map((declaration) => {
      reached.follow(module, declaration);
      return declaration.text;
    }),
  );
  const isExported = (id) => [...exported].some(([name, source]) => source.id === id && source.name === name);
  const [visible, hidden] = split([...reached.declared], ([id]) => isExported(id));
  return [
    [...reached.lines].sort().join('\n'),
    ...textsOf(visible).map((text) => `export ${text}`),
    ...augmentations.sort(),
    ...(hidden.length > 0 ? ['// Not exported; the above refers to it.'] : []),
    ...textsOf(hidden),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const split = (list, belongs) => [list.filter(belongs), list.filter((item) => !belongs(item))];

/** By name; overloads keep their order, which is that in which the compiler tries them. */
const textsOf = (declared) =>
  declared
    .map(([id, texts]) => ({ key: `${id.split('#').at(-1)} ${texts[0]}`, texts }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .flatMap(({ texts }) => texts);
