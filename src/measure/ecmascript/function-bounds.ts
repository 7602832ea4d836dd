import type { ChangeLimits } from "../change-limits.js";
import { type LineTable, lineAt, lineTable } from "../line-table.js";
import { LOGICAL_ASSIGNMENTS } from "./node-role.js";
import type { TreeInMemory } from "./parser-memory.js";
import { type SignFinder, signFinder } from "./sign-finder.js";
import { type SeenNode, type Visitor, type Visits, visitorOf, visitTree } from "./tree-visit.js";

/** A function while the walk is in it; what stands around all functions is the first. */
interface Open {
  paths: number;
  /** Lines that are not its own for sure, but of functions directly in it. */
  innerLines: number;
}

interface Walk {
  readonly text: string;
  /** Whether a node may hold an equals sign, or three dots. */
  readonly mayAssign: SignFinder;
  readonly mayTakeRest: SignFinder;
  readonly table: LineTable;
  readonly limits: ChangeLimits;
  readonly open: Open[];
  /** Lines in the function closed last that are not its own; of one without a body, any number. */
  innerLines: number;
  /** Types with members that the walk is in. */
  types: number;
  within: boolean;
}

/** The walk under way: the visits are made once, as making them costs as much as a walk over a short file. */
let walk: Walk = newWalk("", { maxComplexity: 0, maxFunctionLines: 0 });
const visitors = new Map<string, Visitor>();

/**
 * Whether no function of a tree is above a limit, by bounds from above on what `measureFigures` says of it. They never
 * have fewer paths: branches are the same, and those of a class field count for it and for what stands around its
 * class. They never have fewer lines: of those of nested functions, the first and the last stay with both, and a class
 * field's all do. A function within a type, where `measureFigures` does not look, is above every limit, and so is
 * what the walk does not see. Throws where the tree is too deep to be walked.
 */
export function areFunctionsWithin(tree: TreeInMemory, text: string, limits: ChangeLimits): boolean {
  walk = newWalk(text, limits);
  visitTree(tree, text, visitorFor(text));
  return walk.within;
}

/** Visits to kinds of nodes that are met often, made only in a text with one of the tokens that they are about. */
const AS_ASKED: readonly { readonly tokens: readonly string[]; readonly visits: () => Visits }[] = [
  { tokens: ["?."], visits: chaining },
  { tokens: [...LOGICAL_ASSIGNMENTS].map(String), visits: assigning },
  { tokens: ["..."], visits: takingRest },
];

function visitorFor(text: string): Visitor {
  const asked = AS_ASKED.filter(({ tokens }) => tokens.some((token) => text.includes(token)));
  const key = asked.map(({ tokens: [first] }) => first).join(" ");
  const known = visitors.get(key) ?? makeVisitor(asked.map(({ visits }) => visits()));
  visitors.set(key, known);
  return known;
}

function makeVisitor(asked: readonly Visits[]): Visitor {
  return visitorOf(Object.assign({}, nesting(), branching(), passingOver(), ...asked));
}

function newWalk(text: string, limits: ChangeLimits): Walk {
  return {
    text,
    mayAssign: signFinder(text, "="),
    mayTakeRest: signFinder(text, "..."),
    table: lineTable(text),
    limits,
    open: [newlyOpen()],
    innerLines: 0,
    types: 0,
    within: true,
  };
}

function newlyOpen(): Open {
  return { paths: 1, innerLines: 0 };
}

/** What opens and closes functions, or says where they start. */
function nesting(): Visits {
  return {
    Function: enter,
    "Function:exit": (node) => (node["body"] === null ? closeBodiless() : close(node)),
    ArrowFunctionExpression: enter,
    "ArrowFunctionExpression:exit": (node) => close(node),
    StaticBlock: enter,
    "StaticBlock:exit": (node) => close(node),
    PropertyDefinition: enter,
    "PropertyDefinition:exit": (node) => closeField(node),
    AccessorProperty: enter,
    "AccessorProperty:exit": (node) => closeField(node),
    "MethodDefinition:exit": (node) => boundLines(linesOf(node), walk.innerLines),
    "ObjectProperty:exit": (node) => {
      if (node["method"] === true || node["kind"] !== "init") boundLines(linesOf(node), walk.innerLines);
    },
    TSTypeLiteral: () => {
      walk.types += 1;
    },
    "TSTypeLiteral:exit": () => {
      walk.types -= 1;
    },
  };
}

/** Branches, as ESLint's `complexity` (classic) counts them (`NODE_ROLES`), by the parser's own names of kinds. */
function branching(): Visits {
  const branch = (): void => count(1);
  return {
    IfStatement: branch,
    ConditionalExpression: branch,
    LogicalExpression: branch,
    CatchClause: branch,
    ForStatement: branch,
    ForInStatement: branch,
    ForOfStatement: branch,
    WhileStatement: branch,
    DoWhileStatement: branch,
    AssignmentPattern: branch,
    AssignmentTargetWithDefault: branch,
    AssignmentTargetPropertyIdentifier: (node) => count(Number(node["value"] !== null)),
    SwitchCase: (node) => count(Number(node["test"] !== null)),
  };
}

/** Links of a chain that may end it. */
function chaining(): Visits {
  const link = (node: SeenNode): void => count(Number(node["optional"] === true));
  return {
    CallExpression: link,
    StaticMemberExpression: link,
    ComputedMemberExpression: link,
    PrivateFieldExpression: link,
  };
}

/** Assignments that may not be made. */
function assigning(): Visits {
  return { AssignmentExpression: (node) => count(Number(LOGICAL_ASSIGNMENTS.has(node["operator"]))) };
}

/**
 * What the parser's walk passes over, though it may hold branches and functions: the class that one extends, what takes
 * the rest of a list, and a decorator of that. Where it is more than a name, nothing is known.
 */
function passingOver(): Visits {
  return {
    Class: lookAtHead,
    FormalParameters: (node) => {
      count(defaultsOf(node));
      lookAtRest(node);
    },
  };
}

/** What else may take the rest of a list. */
function takingRest(): Visits {
  return {
    ObjectPattern: lookAtRest,
    ArrayPattern: lookAtRest,
    ObjectAssignmentTarget: lookAtRest,
    ArrayAssignmentTarget: lookAtRest,
  };
}

/** What is extended has neither a branch nor a function without one of these. */
const HOLDS_MORE = /[([{`?]/;

function lookAtHead(node: SeenNode): void {
  const head = walk.text.slice(node.start, (node["body"] as SeenNode).start);
  const at = head.indexOf("extends");
  if (at !== -1 && HOLDS_MORE.test(head.slice(at))) walk.within = false;
}

/** Three dots that are not before a plain name and the end of an item. */
const DOTS_BEFORE_MORE = /\.\.\.(?!\s*[\w$]+\s*[\]}),:])/;

function lookAtRest(node: SeenNode): void {
  if (!walk.mayTakeRest(node)) return;
  const list = walk.text.slice(node.start, node.end);
  if (list.includes("...") && (list.includes("@") || DOTS_BEFORE_MORE.test(list))) walk.within = false;
}

function enter(): void {
  if (walk.types > 0) walk.within = false;
  walk.open.push(newlyOpen());
}

function count(paths: number): void {
  last().paths += paths;
}

function last(): Open {
  return walk.open[walk.open.length - 1] as Open;
}

function take(): Open {
  return walk.open.pop() as Open;
}

/** Parameters with a value of their own, which are looked at one by one only where there is a sign of any. */
function defaultsOf(node: SeenNode): number {
  if (!walk.mayAssign(node)) return 0;
  return [...(node["items"] as Iterable<SeenNode>)].filter(({ initializer }) => initializer !== null).length;
}

function close(node: SeenNode): void {
  const { paths, innerLines } = take();
  const lines = linesOf(node);
  boundPaths(paths);
  boundLines(lines, innerLines);
  walk.innerLines = innerLines;
  last().innerLines += Math.max(lines - 2, 0);
}

/** A function without a body is none: its branches are those of what it stands in. */
function closeBodiless(): void {
  count(take().paths - 1);
  walk.innerLines = Number.POSITIVE_INFINITY;
}

/** A field is one only where its value is no function, which starts where the field does. */
function closeField(node: SeenNode): void {
  const { paths } = take();
  boundPaths(paths);
  boundLines(linesOf(node), 0);
  count(paths - 1);
}

function boundPaths(paths: number): void {
  if (paths > walk.limits.maxComplexity) walk.within = false;
}

function boundLines(lines: number, innerLines: number): void {
  if (lines - innerLines > walk.limits.maxFunctionLines) walk.within = false;
}

function linesOf({ start, end }: SeenNode): number {
  return lineAt(walk.table, end) - lineAt(walk.table, start) + 1;
}
