import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import {
  MAX_EXPRESSION_DEPTH,
  MAX_EXPRESSION_NODES,
  MAX_EXPRESSION_READS,
  MAX_EXPRESSION_TEXT_CHARS,
} from "../kernel/bounds.js";
import { pathFault } from "./path-rule.js";

/** Bounded reads of the cycle's branch; paths follow the path rules, `workspace.deny` is the reader's duty. */
export interface FileReader {
  exist(path: string): boolean;
  /** Text of the file, undefined when it does not exist or may not be read. */
  read(path: string): string | undefined;
}

/** The receiver of `files.exist` and `files.read`; counts its reads. */
export class BoundedFiles {
  readonly #reader: FileReader;
  #reads = 0;

  constructor(reader: FileReader) {
    this.#reader = reader;
  }

  #admit(path: string): void {
    this.#reads += 1;
    if (this.#reads > MAX_EXPRESSION_READS) throw new Error(`more than ${MAX_EXPRESSION_READS} file reads`);
    const fault = pathFault(path);
    if (fault !== undefined) throw new Error(`path '${path}' ${fault}`);
  }

  /** Whether the path exists on the cycle's branch. */
  exist(path: string): boolean {
    this.#admit(path);
    return this.#reader.exist(path);
  }

  /** Text of the file; throws (inside CEL: an error value) when there is none or it is too long. */
  read(path: string): string {
    this.#admit(path);
    const text = this.#reader.read(path);
    if (text === undefined) throw new Error(`file '${path}' does not exist`);
    if (text.length > MAX_EXPRESSION_TEXT_CHARS) throw new Error(`file '${path}' is too long to pass on`);
    return text;
  }
}

/** A CEL environment with the plan's functions and bounds; undeclared names are dynamic when `dynamic`. */
export function createEnvironment(dynamic: boolean): Environment {
  return new Environment({
    unlistedVariablesAreDyn: dynamic,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: {
      maxAstNodes: MAX_EXPRESSION_NODES,
      maxDepth: MAX_EXPRESSION_DEPTH,
      maxListElements: 100,
      maxMapEntries: 100,
      maxCallArguments: 8,
    },
  })
    .registerType("Files", BoundedFiles)
    .registerFunction("Files.exist(string): bool", (files: BoundedFiles, path: string) => files.exist(path))
    .registerFunction("Files.read(string): string", (files: BoundedFiles, path: string) => files.read(path));
}

const COMPREHENSIONS = new Set(["all", "exists", "exists_one", "map", "filter"]);
/** `matches` may backtrack without bound and `bind` may double a text at every level. */
const REFUSED = new Set(["matches", "bind"]);

/** Why an expression cannot be evaluated in bounded time and memory; undefined when it can. */
export function boundFault(node: ASTNode, comprehensions = 0, depth = 0): string | undefined {
  if (depth > MAX_EXPRESSION_DEPTH) return "the expression is nested too deeply";
  const name = calledName(node);
  if (REFUSED.has(name)) return `'${name}' is not offered here; use contains, startsWith or endsWith`;
  const inner = comprehensions + Number(COMPREHENSIONS.has(name));
  if (inner > 1) return "a list function inside another is not offered here";
  const faults = childrenOf(node.args).map((child) => boundFault(child, inner, depth + 1));
  return faults.find((fault) => fault !== undefined);
}

function calledName(node: ASTNode): string {
  return node.op === "rcall" || node.op === "call" ? node.args[0] : "";
}

/** Syntax nodes below one, itself included, down to the bounded depth. */
export function nodesOf(node: ASTNode, depth = 0): ASTNode[] {
  if (depth > MAX_EXPRESSION_DEPTH) return [];
  return [node, ...childrenOf(node.args).flatMap((child) => nodesOf(child, depth + 1))];
}

function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap((member) => childrenOf(member));
  return args !== null && typeof args === "object" && "op" in args ? [args as ASTNode] : [];
}
