import { bare, nameOf } from './walk.mjs';

const ASSIGNERS = new Set(['assign', 'defineProperty', 'defineProperties', 'deleteProperty', 'set', 'setPrototypeOf']);
const NAMED_PATCHES = new Set(['syncBuiltinESMExports', 'setGlobalDispatcher', 'setGlobalOrigin']);
const TIME = { Date: ['now'], performance: ['now', 'timeOrigin'], process: ['hrtime', 'uptime'], Temporal: ['Now'] };
const ARITHMETIC = /^(\*\*?|[-+/%])=?$/;
const NANOS = new Set([1e9, 1e-9, 1_000_000_000n]);

/**
 * What must not be in packages/*\/src and what imports cannot show. `except` are the files where it belongs;
 * `find(node, names)` gives what is wrong with a node, if anything.
 */
export const rules = [
  {
    name: 'patch-only-in-intercept',
    fix: 'Put the patch into core/src/intercept/ with replace(), which remembers how to take it back.',
    // patch.ts: Express hands errors from handler to handler, and out of a router, inside one method each. process-state.ts: our own slot, by Symbol.for.
    except: /^packages\/(core\/src\/(intercept\/.*|process-state\.ts)|express\/src\/patch\.ts)$/,
    find: (node, names) =>
      patches(node, names) ? 'changes what belongs to the runtime or to another package' : undefined,
  },
  {
    name: 'time-only-from-clock',
    fix: 'Take the time from the Clock that is handed in, so that tests can move it; only clock.ts asks the system.',
    except: /^packages\/[^/]+\/src\/clock\.ts$/,
    find: (node, names) => (readsTime(node, names) ? "reads the system's time" : undefined),
  },
  {
    name: 'money-only-in-money',
    fix: 'Amounts are integer nanos. Use the functions of money.ts (costToNanos, estimateToNanos, nanosToUsd, formatUsd).',
    except: /^packages\/[^/]+\/src\/money\.ts$/,
    find: (node) => (isFloatMoney(node) ? 'is float money' : undefined),
  },
  {
    name: 'no-console',
    fix: "Log to the logger that is handed in, or warn once with process.emitWarning; a library does not write to the app's terminal.",
    except: /^packages\/[^/]+\/src\/cli\.ts$/,
    find: ({ object, init }, names) =>
      [object, init].some((used) => names.isGlobal(used, 'console')) ? 'writes to the console' : undefined,
  },
  {
    name: 'run-never-enter-with',
    fix: 'Use run(store, fn): enterWith() also rebinds the rest of whoever called.',
    find: (node) =>
      node.type === 'CallExpression' && node.callee.type === 'MemberExpression' && nameOf(node.callee) === 'enterWith'
        ? 'binds the caller'
        : undefined,
  },
  {
    name: 'nothing-unfinished',
    fix: 'Do it, or file an issue and take the comment out.',
    find: (node) => (isComment(node) && /\b(TODO|FIXME|XXX)\b/.test(node.value) ? 'is left for later' : undefined),
  },
];

const isComment = ({ type }) => type === 'Line' || type === 'Block';

function patches(node, names) {
  switch (node.type) {
    case 'AssignmentExpression':
      return targetsOf(node.left).some((target) => isForeignTarget(target, names));
    case 'UpdateExpression':
      return isForeignTarget(node.argument, names);
    case 'UnaryExpression':
      return node.operator === 'delete' && isForeignTarget(node.argument, names);
    case 'CallExpression': {
      const name = nameOf(node.callee);
      if (NAMED_PATCHES.has(name)) return true;
      const { object } = node.callee;
      const assigns = ASSIGNERS.has(name) && (names.isGlobal(object, 'Object') || names.isGlobal(object, 'Reflect'));
      return assigns && node.arguments.length > 0 && names.isForeign(node.arguments[0]);
    }
    default:
      return false;
  }
}

function targetsOf(pattern) {
  if (pattern.type === 'ArrayPattern') return pattern.elements.filter(Boolean).flatMap(targetsOf);
  if (pattern.type === 'ObjectPattern')
    return pattern.properties.flatMap(({ value, argument }) => targetsOf(value ?? argument));
  return [pattern];
}

function isForeignTarget(node, names) {
  const target = bare(node);
  if (target.type === 'Identifier') return names.isGlobal(target, target.name);
  if (target.type !== 'MemberExpression') return false;
  const setsExitCode = nameOf(target) === 'exitCode' && names.isGlobal(target.object, 'process'); // made to be set
  return !setsExitCode && names.isForeign(target.object);
}

function readsTime(node, names) {
  const reads = (object, name) =>
    Object.entries(TIME).some(([global, members]) => members.includes(name) && names.isGlobal(object, global));
  switch (node.type) {
    case 'MemberExpression':
      return reads(node.object, nameOf(node));
    case 'VariableDeclarator':
      return (
        node.id.type === 'ObjectPattern' &&
        node.id.properties.some(({ key }) => key && node.init && reads(node.init, nameOf(key)))
      );
    case 'NewExpression':
      return node.arguments.length === 0 && names.isGlobal(node.callee, 'Date');
    case 'CallExpression':
      return names.isGlobal(node.callee, 'Date');
    default:
      return false;
  }
}

function isFloatMoney(node) {
  switch (node.type) {
    case 'Literal':
      return NANOS.has(node.value);
    case 'CallExpression':
      return ['toFixed', 'parseFloat'].includes(nameOf(node.callee));
    case 'ImportSpecifier':
      return nameOf(node.imported) === 'NANOS_PER_USD';
    case 'BinaryExpression':
    case 'AssignmentExpression':
      return (
        ARITHMETIC.test(node.operator) &&
        [node.left, node.right].some((side) => /(^usd|Usd|USD)$/.test(nameOf(bare(side)) ?? ''))
      );
    default:
      return false;
  }
}
