import { walk } from '../source-rules/walk.mjs';

/** Where a node of TypeScript's names a type, a value or a base class. */
const NAMES = {
  TSTypeReference: ({ typeName }) => typeName,
  TSTypeQuery: ({ exprName }) => exprName,
  TSInterfaceHeritage: ({ expression }) => expression,
  TSClassImplements: ({ expression }) => expression,
  ClassDeclaration: ({ superClass }) => superClass,
  PropertyDefinition: keyOf,
  MethodDefinition: keyOf,
  TSPropertySignature: keyOf,
  TSMethodSignature: keyOf,
};

/**
 * The names that a declaration refers to: of its own module, or `from` another one in `import('./other.js').Name`.
 *
 * @returns {{ from?: string, name: string }[]}
 */
export function referencesOf(declaration) {
  const found = [];
  walk(declaration, (node) => {
    if (node.type === 'TSImportType') {
      const name = firstOf(node.qualifier);
      if (name !== undefined) found.push({ from: node.source.value, name });
      return;
    }
    const name = firstOf(NAMES[node.type]?.(node));
    if (name !== undefined) found.push({ name });
  });
  return found;
}

function keyOf({ computed, key }) {
  return computed ? key : undefined;
}

/** Of `a.b.c`, `a`. */
function firstOf(node) {
  if (node?.type === 'TSQualifiedName') return firstOf(node.left);
  if (node?.type === 'MemberExpression') return firstOf(node.object);
  return node?.type === 'Identifier' ? node.name : undefined;
}
