import type { CallFact, FileFact } from "../fact.js";
import { type CallIndex, familyOf, type GraphNode, groupsOf, keptOf, measureOf } from "./call-graph-index.js";
import { imported, ofImport } from "./call-import.js";
import { known, OUTSIDE, type Target, VALUE } from "./call-target.js";

/** Resolves one call of a function. */
export function resolveCall(index: CallIndex, caller: GraphNode, call: CallFact): Target {
  if (call.form === "value") return VALUE;
  if (call.form === "hidden") return resolveHidden(index, caller, call);
  if (call.form === "name") return resolveName(index, caller, call);
  if (call.form === "self" || (call.receiver !== "" && call.receiver === caller.fact.selfName))
    return resolveSelf(index, caller, call);
  return resolveMember(index, caller, call);
}

function resolveName(index: CallIndex, caller: GraphNode, call: CallFact): Target {
  if (call.name !== "" && call.name === caller.fact.selfName) return known([nodeOf(index, caller)]);
  const scoped = inScope(index, caller, call.name);
  if (scoped !== undefined) return scoped === "value" ? handedValue(call) : chosen(index, scoped, call);
  if (familyOf(caller.file.measure.language) === "ecmascript") return imported(index, caller.file, call.name);
  return resolveGlobal(index, caller, call);
}

/** A function that no scope around the call has, by the name it was given where it is from. */
function resolveGlobal(index: CallIndex, caller: GraphNode, call: CallFact): Target {
  const family = familyOf(caller.file.measure.language);
  const name = caller.file.imports.get(call.name)?.name ?? call.name;
  const own = enclosing(measureOf(caller).qualified_name)
    .map((path) => index.anywhere.get(`${family} ${path}.${name}`))
    .find((nodes) => nodes !== undefined);
  const nodes = own ?? plainlyNamed(index, family, name);
  if (nodes.length === 0 && caller.file.measure.language === "cpp" && index.fields.has(`c ${name}`)) return VALUE;
  return elsewhere(index, caller, nodes, call);
}

/** Functions of a name; in Python a class is called as its constructor is. */
function plainlyNamed({ anywhere }: CallIndex, family: string, name: string): readonly number[] {
  const constructed = family === "python" ? anywhere.get(`python ${name}.__init__`) : undefined;
  return anywhere.get(`${family} ${name}`) ?? constructed ?? [];
}

/** A value handed on is no call. */
function handedValue(call: CallFact): Target {
  return call.given === -1 && !call.ignored ? OUTSIDE : VALUE;
}

function nodeOf(index: CallIndex, { file, fact }: GraphNode): number {
  return (index.first.get(file) ?? 0) + fact.index;
}

/** Functions of this name in the scopes around a call, innermost first; `value` where a variable hides them. */
function inScope(index: CallIndex, caller: GraphNode, name: string): readonly number[] | "value" | undefined {
  const own = index.inFile.get(caller.file) ?? new Map<string, readonly number[]>();
  for (const scope of scopesOf(index, caller)) {
    const found = nameable(index, own.get(`${measureOf(scope).qualified_name}.${name}`), name);
    if (found !== undefined) return found;
    if (scope.fact.locals.has(name)) return "value";
  }
  return nameable(index, own.get(name), name) ?? (isVariable(caller.file, name) ? "value" : undefined);
}

/** What is imported is looked up where it comes from. */
function isVariable({ variables, imports }: FileFact, name: string): boolean {
  return variables.has(name) && !imports.has(name);
}

/** A function and those around it, innermost first. */
function scopesOf(index: CallIndex, caller: GraphNode): GraphNode[] {
  const scopes: GraphNode[] = [];
  let at: GraphNode | undefined = caller;
  while (at !== undefined && scopes.length < MAX_SCOPES) {
    scopes.push(at);
    const outer: number = at.fact.outer;
    at = outer === -1 ? undefined : index.nodes[(index.first.get(caller.file) ?? 0) + outer];
  }
  return scopes;
}

/** Functions in functions that are looked through. */
const MAX_SCOPES = 100;

/** A member of an object is not reached by its name alone. */
function nameable(index: CallIndex, nodes: readonly number[] | undefined, name: string): readonly number[] | undefined {
  if (nodes === undefined || name.includes(".")) return nodes;
  const found = keptOf(nodes, "plain", (node) => index.nodes[node]?.fact.member !== true);
  return found.length === 0 ? undefined : found;
}

/** Of overloads those that take as many arguments. */
function chosen(index: CallIndex, nodes: readonly number[], call: CallFact): Target {
  if (call.given === -1 || nodes.length === 1) return known(nodes);
  const fitting = keptOf(nodes, call.given, (node) => parametersOf(index, node) === call.given);
  return known(fitting.length === 0 ? nodes : fitting);
}

function parametersOf(index: CallIndex, node: number): number {
  const found = index.nodes[node];
  return found === undefined ? -1 : measureOf(found).parameters;
}

/** Several programs of one repository may have functions of one name: those beside the caller are meant. */
function elsewhere(index: CallIndex, caller: GraphNode, nodes: readonly number[], call: CallFact): Target {
  const family = familyOf(caller.file.measure.language);
  const folder = folderOf(caller.file);
  const near = keptOf(nodes, `in ${folder}`, (node) => folderOf(index.nodes[node]?.file) === folder);
  if (family === "go") return chosen(index, near, call);
  const target = chosen(index, near.length > 0 ? near : nodes, call);
  return family === "c" || target.how !== "known" ? target : { ...target, how: "possible" };
}

function folderOf(file: FileFact | undefined): string {
  const path = file?.measure.path ?? "";
  return path.slice(0, path.lastIndexOf("/") + 1);
}

function resolveSelf(index: CallIndex, caller: GraphNode, call: CallFact): Target {
  const { qualified_name } = measureOf(caller);
  const family = familyOf(caller.file.measure.language);
  for (const path of enclosing(qualified_name)) {
    const name = `${path}.${call.name}`;
    const found = index.inFile.get(caller.file)?.get(name) ?? index.anywhere.get(`${family} ${name}`);
    if (found !== undefined) return overridden(index, chosen(index, found, call), { path, name: call.name, family });
  }
  return byMethodName(index, caller, call);
}

/** What a class calls on itself may be what one that extends it has instead. */
function overridden(index: CallIndex, own: Target, of: { path: string; name: string; family: string }): Target {
  const classes = heirs(index, of.path.slice(of.path.lastIndexOf(".") + 1));
  if (classes.size === 0) return own;
  const byOwner = groupsOf(index.methods.get(`${of.family} ${of.name}`) ?? [], (node) => ownerOf(index.nodes[node]));
  const known = new Set(own.nodes);
  const nodes = [...classes].flatMap((name) => byOwner.get(name) ?? []).filter((node) => !known.has(node));
  return nodes.length === 0 ? own : { nodes: [...own.nodes, ...nodes.sort((a, b) => a - b)], how: "possible" };
}

/** The class or object of a method. */
function ownerOf(node: GraphNode | undefined): string {
  return node === undefined ? "" : (measureOf(node).qualified_name.split(".").at(-2) ?? "");
}

/** Classes that extend one of this name, however far down. */
function heirs({ derived }: CallIndex, name: string): Set<string> {
  const found = new Set<string>();
  const open = [name];
  for (let at = open.pop(); at !== undefined && found.size < MAX_HEIRS; at = open.pop()) {
    const further = (derived.get(at) ?? []).filter((one) => !found.has(one));
    for (const one of further) found.add(one);
    open.push(...further);
  }
  return found;
}

/** Classes that are looked at for what overrides one method. */
const MAX_HEIRS = 500;

/** What qualifies a name, innermost first: `a.b` and `a` for `a.b.c`. */
function enclosing(qualified: string): string[] {
  const parts = qualified.split(".").slice(0, MAX_QUALIFIERS);
  return parts.slice(1).map((_, drop) => parts.slice(0, parts.length - 1 - drop).join("."));
}

/** What runs without a call: of the object itself its own class's, of others whatever has the name. */
function resolveHidden({ hidden, nodes: all }: CallIndex, caller: GraphNode, { name, receiver }: CallFact): Target {
  const nodes = hidden.get(`${familyOf(caller.file.measure.language)} ${name}`);
  if (nodes === undefined) return OUTSIDE;
  const paths = receiver === "" ? [] : enclosing(measureOf(caller).qualified_name);
  const inFile = groupsOf(nodes, (node) => placeOf(all[node]));
  const own = paths.flatMap((path) => inFile.get(`${caller.file.measure.path}\n${path}`) ?? []);
  return own.length === 1 ? known(own) : { nodes, how: "possible" };
}

/** File of a function and what its name is qualified by. */
function placeOf(node: GraphNode | undefined): string {
  if (node === undefined) return "";
  const { qualified_name: qualified, name } = measureOf(node);
  return `${node.file.measure.path}\n${qualified.slice(0, -name.length - 1)}`;
}

/** Parts of a qualified name that are looked at. */
const MAX_QUALIFIERS = 12;

function resolveMember(index: CallIndex, caller: GraphNode, call: CallFact): Target {
  const { receiver, name } = call;
  if (receiver === "super") return resolveSuper(index, caller, call);
  if (/^(?:call|apply|bind)$/.test(name) && /^[\w$]+$/.test(receiver))
    return resolveName(index, caller, { ...call, name: receiver, given: 0 });
  if (isScope(caller, receiver)) return resolveName(index, caller, { ...call, form: "name", receiver: "" });
  const qualified = `${receiver.replaceAll("::", ".")}.${constructorName(caller, call)}`;
  const declared = declaredMember(index, caller, qualified);
  if (declared !== undefined) return chosen(index, declared, call);
  const taken = caller.file.imports.get(receiver);
  if (taken !== undefined) return ofImport(index, caller.file, taken, name);
  return name === "constructor" ? OUTSIDE : byMethodName(index, caller, call);
}

/** What a class extends has the method, or something further up: never the caller itself. */
function resolveSuper(index: CallIndex, caller: GraphNode, { name }: CallFact): Target {
  const family = familyOf(caller.file.measure.language);
  const isMade = name === "constructor" && family === "java";
  const all = (isMade ? index.hidden.get("java new *") : index.methods.get(`${family} ${name}`)) ?? [];
  const own = nodeOf(index, caller);
  const isOther = all.some((node) => node !== own);
  return isOther ? { nodes: all, how: "possible", but: own } : OUTSIDE;
}

/** Names before a function that name no object: the module around it. */
function isScope({ file }: GraphNode, receiver: string): boolean {
  return GLOBAL_OBJECTS.test(receiver) || file.namespaces.has(receiver);
}

const GLOBAL_OBJECTS = /^(?:globalThis|window|global|crate|::)$/;

/** What a class or object of the scopes around declares; in ECMAScript another file's is reached by an import alone. */
function declaredMember(index: CallIndex, caller: GraphNode, qualified: string): readonly number[] | undefined {
  const scoped = inScope(index, caller, qualified);
  if (scoped !== undefined && scoped !== "value") return scoped;
  const family = familyOf(caller.file.measure.language);
  return family === "ecmascript" ? undefined : index.anywhere.get(`${family} ${qualified}`);
}

/** In Java a constructor is called as its class. */
function constructorName(caller: GraphNode, { name, receiver }: CallFact): string {
  return name === "constructor" && caller.file.measure.language === "java" ? receiver : name;
}

/** Methods that the language's own objects have: a call of one says nothing of ours. */
const BUILT_IN: ReadonlySet<string> = new Set(
  [Array, Map, Set, WeakMap, WeakSet, Promise, String, Number, RegExp, Date, Function, Object, Uint8Array].flatMap(
    ({ prototype }) => Object.getOwnPropertyNames(prototype),
  ),
);

function byMethodName(index: CallIndex, caller: GraphNode, { name, certain }: CallFact): Target {
  const family = familyOf(caller.file.measure.language);
  if (family === "ecmascript" && BUILT_IN.has(name)) return OUTSIDE;
  const nodes = index.methods.get(`${family} ${name}`) ?? [];
  if (certain && index.fields.has(`${family} ${name}`)) return { nodes, how: "value" };
  return nodes.length === 0 ? OUTSIDE : { nodes, how: "possible" };
}
