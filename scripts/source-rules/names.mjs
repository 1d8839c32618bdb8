import { isBuiltin } from 'node:module';
import { bare, nameOf, walk } from './walk.mjs';

const GLOBALS = new Set([...Object.getOwnPropertyNames(globalThis), 'Temporal']);
const GLOBAL_OBJECT = new Set(['globalThis', 'global', 'window', 'self']);
const PROTOTYPE = new Set(['prototype', '__proto__', 'constructor']);

/** What the names in one file stand for, as far as the file alone tells. Scopes are not kept apart: a name that is declared anywhere in the file is no global. */
export class Names {
  #imported = new Map();
  #declared = new Set();
  #values = new Map();
  #results = new Map();

  constructor(program) {
    walk(program, (node) => this.#collect(node));
  }

  /** True for one of the runtime's own names, unless the file declares it. */
  isGlobal(node, name) {
    const inner = bare(node);
    if (inner?.type === 'Identifier') return inner.name === name && GLOBALS.has(name) && !this.#isOwn(name);
    return inner?.type === 'MemberExpression' && nameOf(inner) === name && this.#isGlobalObject(bare(inner.object));
  }

  /** True for what does not belong to the file: globals, builtins, other packages' exports, prototypes, and their members. */
  isForeign(node, seen = new Set()) {
    const inner = bare(node);
    if (inner === undefined || inner === null || seen.has(inner)) return false;
    seen.add(inner);
    if (castsToGlobal(node)) return true;
    const also = (other) => this.isForeign(other, seen);
    switch (inner.type) {
      case 'Identifier':
        if (this.#values.has(inner.name)) return this.#values.get(inner.name).some(also);
        if (this.#imported.has(inner.name)) return !/^[.#]/.test(this.#imported.get(inner.name));
        return GLOBALS.has(inner.name) && !this.#declared.has(inner.name);
      case 'MemberExpression':
        return PROTOTYPE.has(nameOf(inner)) || also(inner.object);
      case 'LogicalExpression':
        return also(inner.left) || also(inner.right);
      case 'ConditionalExpression':
        return also(inner.consequent) || also(inner.alternate);
      case 'AssignmentExpression':
        return also(inner.right);
      case 'ImportExpression':
        return isBuiltin(nameOf(inner.source) ?? '');
      case 'CallExpression':
        return this.#givesForeign(inner, also);
      default:
        return false;
    }
  }

  #givesForeign({ callee, arguments: args }, also) {
    const name = nameOf(callee);
    if (name === 'getPrototypeOf' || name === 'getBuiltinModule') return true;
    if (name === 'require') return isBuiltin(nameOf(args[0]) ?? '');
    return callee.type === 'Identifier' && (this.#results.get(name) ?? []).some(also);
  }

  #isOwn(name) {
    return this.#declared.has(name) || (this.#imported.has(name) && !isBuiltin(this.#imported.get(name)));
  }

  #isGlobalObject = (node) =>
    node?.type === 'Identifier' && GLOBAL_OBJECT.has(node.name) && !this.#declared.has(node.name);

  #collect(node) {
    if (node.type === 'ImportDeclaration') {
      for (const { local } of node.specifiers) this.#imported.set(local.name, node.source.value);
    } else if (node.type === 'VariableDeclarator') {
      this.#declare(node.id, node.init);
    } else if (/Function(Declaration|Expression)$/.test(node.type)) {
      if (node.id) this.#declared.add(node.id.name);
      if (node.id) this.#results.set(node.id.name, returnsOf(node));
      for (const parameter of node.params) this.#declare(parameter);
    } else if (/^(Class|TSEnum)Declaration$/.test(node.type)) {
      if (node.id) this.#declared.add(node.id.name);
    }
  }

  #declare(pattern, init) {
    if (pattern.type === 'Identifier') {
      this.#declared.add(pattern.name);
      if (!init) return;
      this.#values.set(pattern.name, [...(this.#values.get(pattern.name) ?? []), init]);
      if (init.type === 'ArrowFunctionExpression') this.#results.set(pattern.name, returnsOf(init));
    } else if (pattern.type === 'ObjectPattern') {
      for (const { key, value, argument } of pattern.properties) {
        const part = key && init && { type: 'MemberExpression', computed: false, object: init, property: key };
        this.#declare(value ?? argument, part);
      }
    } else if (pattern.type === 'AssignmentPattern') {
      this.#declare(pattern.left, init);
    } else if (pattern.type === 'RestElement') {
      this.#declare(pattern.argument);
    } else if (pattern.type === 'ArrayPattern') {
      for (const element of pattern.elements) element && this.#declare(element);
    } else if (pattern.type === 'TSParameterProperty') {
      this.#declare(pattern.parameter);
    }
  }
}

/** `x as typeof globalThis` says what x is. */
function castsToGlobal(node) {
  let found = false;
  if (node.type === 'TSAsExpression') {
    walk(node.typeAnnotation, (type) => {
      found ||= type.type === 'TSTypeQuery' && type.exprName?.name === 'globalThis';
    });
  }
  return found;
}

/** What a function returns; nested functions' returns are counted in. */
function returnsOf(fn) {
  if (fn.body && fn.body.type !== 'BlockStatement') return [fn.body];
  const returned = [];
  if (fn.body)
    walk(fn.body, (node) => node.type === 'ReturnStatement' && node.argument && returned.push(node.argument));
  return returned;
}
