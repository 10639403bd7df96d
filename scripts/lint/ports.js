/**
 * Clocks, timers, randomness, files and sockets come in through ports. This finds whoever in the library takes them
 * from the system instead, so that a simulated world can run the real modules.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { sourceFiles } from '../source-files.js';

const SRC = 'packages/revocable/src/';

/** What only a maker of a port may name. */
const SYSTEM = new Set([
  ...['Date.now', 'new Date()', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'process.hrtime'],
  ...['Math.random', 'randomBytes', 'randomInt', 'randomUUID', 'randomFillSync', 'getRandomValues'],
  ...[
    'node:fs',
    'node:fs/promises',
    'node:net',
    'node:tls',
    'node:dgram',
    'node:http',
    'node:https',
    'node:timers',
  ],
  ...['node:timers/promises', 'node:perf_hooks', 'fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'],
]);

/** The makers of ports: a file or folder, and what it may take. `*`: all of it. */
export const makers = {
  'time.ts': ['Date.now', 'performance', 'setTimeout'],
  'random.ts': ['randomBytes'],
  'keys/remote-key-set.ts': ['fetch'],
  'verifier/verifier.ts': ['Date.now'], // the hot path: one call less at every token
  'stores/': '*',
  'cli/': '*',
  'browser/': ['fetch', 'setTimeout', 'Date.now', 'getRandomValues'],
};

/** The findings in `root`, one line each, and how many files were read. */
export function portFindings(root) {
  const files = sourceFiles(root).filter(file => file.startsWith(SRC));
  return { count: files.length, findings: files.flatMap(file => findingsOf(root, file)) };
}

function findingsOf(root, file) {
  const text = readFileSync(join(root, file), 'utf8');
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const own = declaredNames(tree);
  const allowed = allowedIn(file.slice(SRC.length));
  const taken = nodesOf(tree).map(node => ({ node, name: spelled(node) }));
  return taken
    .filter(({ name }) => SYSTEM.has(name) && !own.has(name) && !allowed(name))
    .map(({ node, name }) => `${file}:${lineOf(tree, node)}: ${name} comes in through a port`);
}

function allowedIn(file) {
  const isMaker = maker => file === maker || (maker.endsWith('/') && file.startsWith(maker));
  const rows = Object.entries(makers).filter(([maker]) => isMaker(maker));
  return name => rows.some(([, names]) => names === '*' || names.includes(name));
}

function nodesOf(tree) {
  const nodes = [];
  const visit = node => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return nodes;
}

function lineOf(tree, node) {
  return tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;
}

/** Variables and parameters of the file's own: a parameter `fetch` is the port, not the system. */
function declaredNames(tree) {
  const holders = nodesOf(tree).filter(
    node => ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node),
  );
  return new Set(holders.filter(node => ts.isIdentifier(node.name)).map(node => node.name.text));
}

/** What the node names, in the words of SYSTEM. */
function spelled(node) {
  if (ts.isStringLiteral(node)) return moduleName(node);
  if (ts.isNewExpression(node))
    return node.arguments?.length === 0 ? `new ${node.expression.getText()}()` : undefined;
  if (ts.isPropertyAccessExpression(node)) return propertyName(node);
  return ts.isIdentifier(node) && !isMember(node) ? node.text : undefined;
}

/** A module of Node that is loaded: an `import type` leaves nothing behind to run. */
function moduleName({ text, parent }) {
  const vanishes = ts.isImportDeclaration(parent) && parent.importClause?.isTypeOnly;
  return text.startsWith('node:') && !vanishes ? text : undefined;
}

/** `Date.now`; and `setTimeout` for `globalThis.setTimeout`. */
function propertyName(node) {
  const owner = node.expression.getText();
  return ['globalThis', 'crypto', 'window', 'self'].includes(owner)
    ? node.name.text
    : `${owner}.${node.name.text}`;
}

/** An identifier that names a member or a type, rather than reading a global or an import. */
function isMember(node) {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isTypeQueryNode(parent) || ts.isTypeReferenceNode(parent)) return true;
  if (ts.isImportSpecifier(parent) || ts.isShorthandPropertyAssignment(parent)) return false;
  return parent.name === node;
}
