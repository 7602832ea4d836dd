import { childOf, type Piece, unwrap } from "../piece.js";
import { calleeText } from "./loop-write.js";

/** Calls that give as much as there is of something else, in the languages' own libraries. */
const FINITE =
  /(?:^|[.:])(?:keys|values|entries|items|from|of|map|filter|slice|split|splitlines|matchAll|concat|reverse|toReversed|reversed|sort|sorted|toSorted|flat|flatMap|fill|match|range|enumerate|zip|list|tuple|set|dict|sum|iter|iter_mut|into_iter|drain|chars|bytes|lines|windows|chunks|rev|take|skip|len|asList|toArray|entrySet|keySet|children|ancestors|getOwnPropertyNames|readdirSync|querySelectorAll|Split|SplitN|Fields|Keys|Values|Entries|append|make|Sorted|Collect)$/;
const ENDLESS = /^(?:itertools\.)?(?:count|cycle|repeat)$|(?:^|::)(?:repeat|repeat_with|from_fn|successors)$|\.cycle$/;
/** What takes no more than a part of what it is given, or as much as the shortest. */
const LIMITING =
  /(?:^|[.:])(?:take|take_while|takeWhile|takewhile|map_while|limit|islice|zip|find|find_map|any|all|nth|position|next|first|findFirst|findAny|anyMatch)$/;
/** Functions that go through all they are given. */
const WRAPPING = /^(?:enumerate|map|filter|list|tuple|set|sorted|reversed|iter|Array\.from|(?:itertools\.)?chain)$/;
/** What reads until somebody else ends it. */
const READERS = /(?:^|[.:])(?:stdin|BufReader|from_reader)$/;

/** How much something gives that is gone through. */
export type Given = "finite" | "endless" | "unknown";

/** What a call or a range gives, through all that it is made of. */
export function givenBy(source: Piece): Given {
  let found: Given = "finite";
  const open: Part[] = [{ piece: unwrap(source), isOuter: true }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (isEndless(at.piece)) return "endless";
    if (at.piece.kind !== "call" || LIMITING.test(calleeText(at.piece))) continue;
    if (isOpenCall(at)) found = "unknown";
    open.push(...partsOf(at.piece));
  }
  return found;
}

/** A part of what gives something; what another function gives is asked of the outer ones alone. */
interface Part {
  readonly piece: Piece;
  readonly isOuter: boolean;
}

function isOpenCall({ piece, isOuter }: Part): boolean {
  return READERS.test(calleeText(piece)) || (isOuter && !isFinite(piece));
}

function partsOf(call: Piece): Part[] {
  return [
    ...takenFrom(call).map((piece) => ({ piece, isOuter: false })),
    ...wrappedBy(call).map((piece) => ({ piece, isOuter: true })),
  ];
}

/** Rust's `0..`, Python's `itertools.count()`; `repeat(x, n)` has an end. */
function isEndless(source: Piece): boolean {
  if (source.type === "range_expression") return source.children.length < 2 && source.op === "..";
  const callee = source.kind === "call" ? calleeText(source) : "";
  return ENDLESS.test(callee) && !(callee.endsWith("repeat") && argumentsOf(source).length > 1);
}

/** What another call gives may be without an end: a generator, a stream. `iter(f, end)` asks until it is told. */
function isFinite(call: Piece): boolean {
  const callee = calleeText(call);
  return callee === "iter" ? argumentsOf(call).length < 2 : FINITE.test(callee);
}

/** Whether a call of this name gives something with an end. */
export function isFiniteName(callee: string): boolean {
  return FINITE.test(callee);
}

/** What a method is called on, where that is no plain name. */
function takenFrom(call: Piece): Piece[] {
  const callee = unwrap(childOf(call, "callee") ?? call);
  const on = childOf(call, "object") ?? (callee.kind === "member" ? callee.children[0] : undefined);
  return on === undefined ? [] : [unwrap(on)];
}

function wrappedBy(call: Piece): Piece[] {
  return WRAPPING.test(calleeText(call))
    ? argumentsOf(call)
        .map(unwrap)
        .filter(({ kind }) => kind === "call")
    : [];
}

/** What a call is given. */
export function argumentsOf(call: Piece): readonly Piece[] {
  return childOf(call, "arguments")?.children ?? call.children.filter(({ role }) => role === "argument");
}
