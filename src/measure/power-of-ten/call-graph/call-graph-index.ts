import { isEcmaScript, type Language } from "../../language.js";
import type { FileFact, FunctionFact, ImportFact } from "../fact.js";
import { unreadFindings } from "../unread-rule.js";

/** Languages whose functions can call each other by name. */
export type Family = "ecmascript" | "c" | "python" | "go" | "rust" | "java";

/** A function as a node of the call graph. */
export interface GraphNode {
  readonly file: FileFact;
  readonly fact: FunctionFact;
}

/** What calls are looked up in. */
export interface CallIndex {
  readonly files: readonly FileFact[];
  readonly byPath: ReadonlyMap<string, FileFact>;
  /** The functions; further nodes stand for methods of one name and for macros. */
  readonly nodes: readonly GraphNode[];
  /** Node of the first function of each file, whose functions follow by their index. */
  readonly first: ReadonlyMap<FileFact, number>;
  /** By file and qualified name. */
  readonly inFile: ReadonlyMap<FileFact, ReadonlyMap<string, readonly number[]>>;
  /** By family and qualified name, those seen outside their file. */
  readonly anywhere: ReadonlyMap<string, readonly number[]>;
  /** By family and own name, those that belong to a class or an object. */
  readonly methods: ReadonlyMap<string, readonly number[]>;
  /** For each class those that extend it, by name. */
  readonly derived: ReadonlyMap<string, readonly string[]>;
  /** By family, names of fields that may hold a function. */
  readonly fields: ReadonlySet<string>;
  /** By family and what runs them without a call: accessors, operators, iterators. */
  readonly hidden: ReadonlyMap<string, readonly number[]>;
}

/** The family of a language. */
export function familyOf(language: Language | null): Family {
  if (isEcmaScript(language ?? undefined)) return "ecmascript";
  return language === "cpp" || language === "c" ? "c" : (language as Family);
}

/** Numbers the functions of these files and lists them by name. */
export function indexCalls(files: readonly FileFact[]): CallIndex {
  const nodes: GraphNode[] = [];
  const first = new Map<FileFact, number>();
  const inFile = new Map<FileFact, Map<string, number[]>>();
  const anywhere = new Map<string, number[]>();
  const methods = new Map<string, number[]>();
  const hidden = new Map<string, number[]>();
  for (const file of files) {
    first.set(file, nodes.length);
    const own = new Map<string, number[]>();
    inFile.set(file, own);
    const family = familyOf(file.measure.language);
    for (const fact of inOrder(file)) {
      const node = nodes.push({ file, fact }) - 1;
      const { qualified_name, name } = measureOf({ file, fact });
      add(own, qualified_name, node);
      if (!fact.internal) add(anywhere, `${family} ${qualified_name}`, node);
      if (isMethod({ file, fact })) add(methods, `${family} ${name}`, node);
      for (const by of runBy(fact, name)) add(hidden, `${family} ${by}`, node);
      if (makes(family, qualified_name, name))
        for (const by of [`new ${name}`, "new *"]) add(hidden, `${family} ${by}`, node);
    }
  }
  return {
    files,
    byPath: new Map(files.map((file) => [file.measure.path, file])),
    nodes,
    first,
    inFile,
    anywhere,
    methods,
    hidden,
    fields: fieldsOf(files),
    derived: derivedOf(files),
  };
}

function derivedOf(files: readonly FileFact[]): Map<string, string[]> {
  const derived = new Map<string, string[]>();
  for (const [name, bases] of files.flatMap((file) => [...file.bases]))
    for (const base of bases) add(derived, base, name);
  return derived;
}

function fieldsOf(files: readonly FileFact[]): Set<string> {
  return new Set(
    files.flatMap(({ measure, fields }) => [...fields].map((name) => `${familyOf(measure.language)} ${name}`)),
  );
}

/** The facts by their index, so that a node's number can be told from it. */
function inOrder({ functions, measure }: FileFact): FunctionFact[] {
  const byIndex = new Map(functions.map((fact) => [fact.index, fact]));
  return measure.functions.map((one, index) => {
    const findings = one.kind === "function" ? unreadFindings(one.line, "its text was not found in the tree") : [];
    return byIndex.get(index) ?? { ...NOTHING, index, findings };
  });
}

/** A function of the measure of which nothing else is known. */
const NOTHING: FunctionFact = {
  index: -1,
  outer: -1,
  locals: new Set(),
  selfName: "",
  runsAs: [],
  member: false,
  internal: true,
  async: false,
  returnsNothing: undefined,
  calls: [],
  runs: [],
  allocations: [],
  assertions: 0,
  depthBound: false,
  findings: [],
};

/** What runs a function without a call. Destructors and conversions of C++ run whatever their class is called. */
function runBy({ runsAs }: FunctionFact, name: string): readonly string[] {
  if (runsAs.length > 0) return runsAs;
  if (name.startsWith("~")) return ["~"];
  if (name.startsWith('operator""')) return ["literal"];
  return CONVERSION.test(name) ? ["convert"] : [name];
}

/** Constructors of C++ and Java run where something of their class is made. */
function makes(family: Family, qualified: string, name: string): boolean {
  return (
    (family === "c" || family === "java") && (qualified === `${name}.${name}` || qualified.endsWith(`.${name}.${name}`))
  );
}

const CONVERSION = /^operator (?!new|delete|co_await)/;

function add<T>(map: Map<string, T[]>, key: string, node: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [node]);
  else known.push(node);
}

/** Figures of a node's function. */
export function measureOf({ file, fact }: GraphNode): FileFact["measure"]["functions"][number] {
  const measure = file.measure.functions[fact.index];
  if (measure === undefined) throw new RangeError(`${file.measure.path} has no function ${fact.index}`);
  return measure;
}

/** Whether what its name is qualified by is no function. */
function isMethod(node: GraphNode): boolean {
  const { qualified_name: qualified, name } = measureOf(node);
  const path = qualified.slice(0, -name.length - 1);
  if (path === "" || name === "<anonymous>") return false;
  const outer = node.file.measure.functions[node.fact.outer];
  return outer?.qualified_name !== path;
}

const EXTENSIONS = [
  "",
  ".ts",
  ".tsx",
  ".mts",
  ".cts",
  ".js",
  ".jsx",
  ".mjs",
  ".cjs",
  "/index.ts",
  "/index.tsx",
  "/index.js",
];

/** The file a relative import leads to; undefined for packages. */
export function importedFile(index: CallIndex, from: FileFact, { from: specifier }: ImportFact): FileFact | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const path = joinPath(from.measure.path, specifier);
  const source = path.replace(/\.([cm]?)js$/, ".$1ts");
  for (const candidate of [source, source.replace(/\.ts$/, ".tsx"), ...EXTENSIONS.map((end) => path + end)]) {
    const found = index.byPath.get(candidate);
    if (found !== undefined) return found;
  }
  return undefined;
}

function joinPath(from: string, specifier: string): string {
  const segments = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") segments.pop();
    else if (part !== "." && part !== "") segments.push(part);
  }
  return (from.startsWith("/") && segments[0] !== "" ? "/" : "") + segments.join("/");
}

/** Functions of one name that are gone through at each call of it. */
const FEW = 16;
const kept = new WeakMap<readonly number[], Map<string | number, readonly number[]>>();

const groups = new WeakMap<readonly number[], ReadonlyMap<string, readonly number[]>>();

/** A list of the index by what its functions have in common, put together once for all calls that ask: each list is asked for one thing. */
export function groupsOf(
  nodes: readonly number[],
  keyOf: (node: number) => string,
): ReadonlyMap<string, readonly number[]> {
  const known = groups.get(nodes);
  if (known !== undefined) return known;
  const made = new Map<string, number[]>();
  for (const node of nodes) add(made, keyOf(node), node);
  groups.set(nodes, made);
  return made;
}

/** Some of a list of the index, chosen once for all calls that ask for the same: each call of a name has as many to choose from. */
export function keptOf(
  nodes: readonly number[],
  which: string | number,
  isOne: (node: number) => boolean,
): readonly number[] {
  if (nodes.length <= FEW) return nodes.filter(isOne);
  const known = kept.get(nodes) ?? new Map<string | number, readonly number[]>();
  const found = known.get(which) ?? nodes.filter(isOne);
  kept.set(nodes, known.set(which, found));
  return found;
}
