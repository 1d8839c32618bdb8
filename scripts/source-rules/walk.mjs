/** Calls `visit` for each node of a syntax tree (ESTree with TypeScript's nodes), parents first. */
export function walk(node, visit) {
  if (typeof node?.type === 'string') visit(node);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) for (const item of value) item && walk(item, visit);
    else if (value !== null && typeof value === 'object' && !(value instanceof RegExp)) walk(value, visit);
  }
}

const WRAPPERS = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'ParenthesizedExpression',
  'ChainExpression',
  'AwaitExpression',
]);

/** The expression itself, without casts, parentheses and `await`. */
export const bare = (node) => (node && WRAPPERS.has(node.type) ? bare(node.argument ?? node.expression) : node);

/** The name of a member (`object.name`, `object['name']`), of an identifier, or of an object's key. */
export function nameOf(node) {
  if (node?.type === 'MemberExpression')
    return node.computed && node.property.type !== 'Literal' ? undefined : nameOf(node.property);
  if (node?.type === 'Literal') return String(node.value);
  return node?.name;
}
