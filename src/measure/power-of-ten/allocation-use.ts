import type { RuleFinding } from "../file-measure.js";
import { calleeText } from "./loop/loop-write.js";
import { below, boundNames, childOf, type Piece, unwrap } from "./piece.js";
import type { RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

/** What a piece of C or C++ allocates, and whether that is certain. */
export interface AllocationUse {
  readonly verdict: RuleFinding["verdict"];
  readonly what: string;
}

const FAMILY =
  /^(?:std::|::)?(?:__builtin_|__libc_)?(?:malloc|getline|getdelim|wcsdup|pvalloc|calloc|realloc|reallocarray|aligned_alloc|memalign|posix_memalign|valloc|alloca|strdup|strndup|asprintf|vasprintf|make_unique|make_shared|mmap|sbrk|brk)$|^(?:::)?operator\s*new(?:\[\])?$/;
/** Functions of C's library that allocate what they give, and those whose name says that they do. */
const MAY_ALLOCATE =
  /^(?:f(?:d|re)?open|opendir|scandir|realpath|getcwd|getaddrinfo|open_memstream|fmemopen|tmpfile|popen|dlopen|dlsym|regcomp|setlocale|to_string|to_wstring|make_any|make_optional|async)$|alloc|(?:str|mem)n?dup/i;
/** Names that speak of what was allocated. */
const GIVES_BACK = /dealloc|alloc\w*_(?:\w*size|used\w*|stats?|info|trim)$/i;
/** Methods through which C++'s own containers grow. */
const GROWING =
  /(?:\.|->)(?:push(?:_back|_front)?|emplace(?:_\w+)?|try_emplace|insert\w*|append\w*|resize|reserve|assign|allocate|merge|substr|str)$/;
/** Classes of C++'s library that allocate. */
const CONTAINERS =
  /\b(?:w?string|vector|deque|list|forward_list|(?:unordered_)?(?:multi)?(?:map|set)|queue|priority_queue|stack|function|any|shared_ptr|ostringstream|stringstream|istringstream|regex|thread|promise|future|valarray)\b/;

/** What a call, a declaration or a name allocates; `containers` are the function's names of such a class. */
export function allocationUse(piece: Piece, unit: Unit, context: UseContext): AllocationUse | undefined {
  if (piece.kind === "call") return calledUse(piece, unit);
  if (piece.type === "declaration") return declaredUse(piece, unit, context);
  if (piece.kind === "name") return namedUse(piece, unit);
  return context.language === "cpp" ? containerUse(piece, context.containers) : undefined;
}

type UseContext = Pick<RuleContext, "language" | "text"> & { readonly containers: ReadonlySet<string> };

const fails = (what: string): AllocationUse => ({ verdict: "fail", what });
const may = (what: string): AllocationUse => ({ verdict: "unknown", what });

function calledUse(call: Piece, unit: Unit): AllocationUse | undefined {
  if (call.type === "new_expression") return isPlaced(call) ? undefined : fails("new");
  const name = calledName(call);
  const own = name.replace(/^.*::/, "");
  if (FAMILY.test(name)) return fails(name);
  if (unit.locals.has(name)) return undefined;
  const isNamedSo = MAY_ALLOCATE.test(own) && !GIVES_BACK.test(own);
  return isNamedSo || GROWING.test(name) ? may(name) : undefined;
}

/** What is called, without what a template is given. */
function calledName(call: Piece): string {
  const callee = unwrap(childOf(call, "callee") ?? call);
  const name = childOf(callee, "name")?.name ?? "";
  return (callee.type === "template_function" ? name : calleeText(call)).replace(/<.*>$/s, "");
}

/** `new (place) T` allocates nothing, `new (std::nothrow) T` does. */
function isPlaced(piece: Piece): boolean {
  const placement = childOf(piece, "placement") ?? piece.children.find(({ type }) => type === "argument_list");
  return piece.children.some(({ role }) => role === "placement") && !below(placement ?? piece).some(isNoThrow);
}

function isNoThrow({ name }: Piece): boolean {
  return /(?:^|::)nothrow$/.test(name);
}

/** `f = malloc`, `use(malloc)`: who is handed it may call it. */
function namedUse({ name, role, type }: Piece, unit: Unit): AllocationUse | undefined {
  const isUse = role !== "callee" && role !== "declarator" && type === "identifier" && !unit.locals.has(name);
  return isUse && FAMILY.test(name) ? may(`what is handed ${name}`) : undefined;
}

function declaredUse(piece: Piece, unit: Unit, { language, text }: UseContext): AllocationUse | undefined {
  const lengths = piece.children.flatMap(arrayLengths);
  const varying = lengths.some((length) => varies(length, unit));
  if (varying) return { ...(language === "c" ? fails("an array") : may("an array")), what: VARYING };
  const type = childOf(piece, "type");
  const isContainer =
    language === "cpp" && type !== undefined && isOwned(piece) && CONTAINERS.test(text.slice(type.start, type.end));
  return isContainer ? may("a container of the library") : undefined;
}

const VARYING = "an array whose length is only known when it runs";

/** A reference or a pointer to a container makes none. */
function isOwned(piece: Piece): boolean {
  return !below(piece, ({ role }) => role === "declarator").some(({ type }) =>
    /^(?:reference|pointer)_declarator$/.test(type),
  );
}

/** Lengths of the arrays that a declarator makes: none behind a pointer, and no parameter's. */
function arrayLengths(declarator: Piece): Piece[] {
  const arrays = below(declarator, ({ type }) => ARRAYS.has(type)).filter(({ type }) => type === "array_declarator");
  if (arrays.some(({ children }) => children.some(({ type }) => type === "parenthesized_declarator"))) return [];
  return arrays.flatMap(({ children }) => children.filter(({ role }) => role === "size"));
}

const ARRAYS: ReadonlySet<string> = new Set(["array_declarator", "init_declarator"]);

/** A length of names the function binds, or of a call that is no macro by its looks. */
function varies(length: Piece, { locals }: Unit): boolean {
  return below(length, ({ type }) => type !== "sizeof_expression").some(
    (part) =>
      (part.kind === "name" && locals.has(part.name)) || (part.kind === "call" && /^[a-z]/.test(calleeText(part))),
  );
}

/** The names of a function that are of a container's class. */
export function containerNames(unit: Unit, text: string): Set<string> {
  const declared = unit.own.filter(({ kind, type }) => kind === "bind" || /parameter/.test(type));
  const held = declared.filter(({ start, end }) =>
    CONTAINERS.test(text.slice(start, Math.min(end, start + MAX_TYPE_CHARS))),
  );
  return new Set(held.flatMap(boundNames));
}

const MAX_TYPE_CHARS = 200;

/** `a + b` and `a += b` of texts, `m[k]` of a map, and `throw`, whose exception is allocated. */
function containerUse(piece: Piece, containers: ReadonlySet<string>): AllocationUse | undefined {
  if (piece.type === "throw_statement") return may("throw");
  const grows = piece.op === "+" || piece.op === "+=" || piece.type === "subscript_expression";
  const of = grows ? piece.children.find(({ name }) => containers.has(name)) : undefined;
  return of === undefined ? undefined : may(of.name);
}
