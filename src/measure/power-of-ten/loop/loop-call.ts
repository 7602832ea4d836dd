import { childOf, type Piece, unwrap } from "../piece.js";
import { argumentsOf } from "./loop-source.js";
import { calleeText } from "./loop-write.js";

/** Methods that add to what they are called on. */
export const GROWING =
  /\.(?:push|unshift|append|appendleft|add|addAll|addLast|addFirst|offer|offerLast|offerFirst|extend|push_back|push_front|emplace\w*|insert|splice|set|put|putAll|resize)$/;
/** Calls that leave what they are given as it is: the languages' own, that read, copy, keep or print it. */
const READING =
  /^(?:Math|JSON|Object(?=\.(?:keys|values|entries|freeze|is\w*|getOwn\w+|hasOwn)$)|Number|String|Boolean|Array|Promise|console|Set|Map|WeakSet|WeakMap|[sf]?n?printf|fputs|puts|strn?(?:case)?cmp|strn?len|str(?:r?chr|str|c?spn)|mem(?:cmp|chr)|assert|is\w*|to(?:upper|lower)|sizeof|ARRAY_SIZE|len|cap|print|println|repr|str|int|float|bool|sorted|enumerate|zip|range|reversed|min|max|sum|any|all|list|tuple|set|dict|iter|id|hash|type|append|copy|delete|make|fmt|strings|strconv|errors|sort)(?:\.\w+)?$/;
/** Methods of collections and texts that the languages have: what they are called on gets no longer by them. */
const PLAIN_METHOD =
  /\.(?:push\w*|unshift|concat|includes|indexOf|lastIndexOf|has|get|set|add\w*|at|slice|substr\w*|substring|char\w*|code\w*|starts[wW]ith|ends[wW]ith|join|equals|contains\w*|count|find\w*|keys|values|entries|items|length|size|empty|isEmpty|is_empty|begin|c?end|len|capacity|front|back|first|last|peek|pop\w*|shift|poll\w*|remove\w*|delete|forEach|map|filter|some|every|reduce\w*|sort\w*|reverse\w*|fill|split\w*|trim\w*|replace\w*|match\w*|test|to[A-Z]\w*|append|extend|iter\w*|clone|data|c_str|hash\w*|put|clear|erase|copy|upper|lower|strip|format)$/;

/** A call as what it may change is told from it. */
export interface LoopCall {
  /** What is called, as text. */
  readonly callee: string;
  /** The last word of it. */
  readonly name: string;
  readonly owner: string;
  readonly method: string;
  /** Its arguments in order, as text: a name, a member, `&x`; empty for others. */
  readonly given: readonly string[];
  /** All that it is handed, within lists and objects too. */
  readonly handed: readonly string[];
  /** Whether it is one of the language's own that changes neither what it is given nor what it is called on. */
  readonly isHarmless: boolean;
}

const calls = new WeakMap<Piece, LoopCall>();

/** Reads a call, once: it is asked for by its function and by each loop that it stands in. */
export function callOf(piece: Piece): LoopCall {
  const known = calls.get(piece) ?? readCall(piece);
  calls.set(piece, known);
  return known;
}

function readCall(piece: Piece): LoopCall {
  const callee = calleeText(piece) || (childOf(piece, "callee")?.children[0]?.name ?? "");
  const { owner, method } = methodOf(callee);
  const given = argumentsOf(piece).map(unwrap);
  const name = method === "" ? (/[\w$#]+$/.exec(callee)?.[0] ?? "") : method.slice(1);
  const isHarmless = changesNothing(callee, method);
  return { callee, name, owner, method, given: given.map(givenText), handed: handedTo(given), isHarmless };
}

function changesNothing(callee: string, method: string): boolean {
  return READING.test(callee) || PLAIN_METHOD.test(method);
}

function givenText(piece: Piece): string {
  if (piece.kind === "name" || piece.kind === "member") return piece.name;
  const addressed = isAddress(piece) ? (piece.children.at(-1)?.name ?? "") : "";
  return addressed === "" ? "" : `&${addressed}`;
}

/** What a method is called on, and the method with a dot before it; both empty for a plain call. */
export function methodOf(callee: string): { owner: string; method: string } {
  const found = /(?:(?:\?\.|\.|->)([\w$#]+)|\[(?:["'`](\w+)["'`]|[^\]]*)\])$/.exec(callee);
  if (found === null) return { owner: "", method: "" };
  return { owner: callee.slice(0, found.index), method: `.${found[1] ?? found[2] ?? ""}` };
}

/** The names and members that a call is given. */
function handedTo(given: readonly Piece[]): string[] {
  const open = [...given];
  const names: string[] = [];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (HOLDERS.has(at.type) || isAddress(at)) open.push(...at.children);
    if ((at.kind === "name" && at.role !== "key") || at.kind === "member") names.push(at.name);
  }
  return names;
}

/** `&x`, which hands on `x`; in Rust only `&mut x` lets it be changed. */
function isAddress({ type, op, children }: Piece): boolean {
  if (op !== "&" || !ADDRESSING.has(type)) return false;
  return type !== "reference_expression" || children.some((child) => child.type === "mutable_specifier");
}

const HOLDERS: ReadonlySet<string> = new Set([
  "ObjectExpression",
  "ArrayExpression",
  "Property",
  "list",
  "dictionary",
  "pair",
]);
const ADDRESSING: ReadonlySet<string> = new Set(["pointer_expression", "unary_expression", "reference_expression"]);
