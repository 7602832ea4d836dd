import type { RuleFinding } from "../file-measure.js";
import type { Language } from "../language.js";
import { calleeText } from "./loop/loop-write.js";
import { below, childOf, type Piece, unwrap } from "./piece.js";
import type { RuleContext } from "./rule.js";

/** What makes code: a message where that is certain; undefined where a piece makes none. */
export type Generated = Pick<RuleFinding, "verdict" | "message"> | string | undefined;

/** What may make code. */
export const may = (message: string): Pick<RuleFinding, "verdict" | "message"> => ({ verdict: "unknown", message });

/** p10-8-preproc outside ECMAScript, C and C++. */
export const GENERATED_ELSEWHERE: Readonly<
  Partial<Record<Language, (piece: Piece, context: Pick<RuleContext, "text">) => Generated>>
> = { python: ofPython, go: ofGo, rust: ofRust, java: ofJava };

const EVALUATING =
  /^(?:(?:builtins|__builtins__)(?:\.|\[["']))?(?:eval|exec|compile|__import__)(?:["']\])?$|^(?:importlib\.)?import_module$|^runpy\.\w+$|\.run(?:source|code)$/;
const LOADING = /^(?:c?[pP]ickle|dill|cloudpickle|jsonpickle|marshal|shelve)\.(?:loads?|decode|open|Unpickler)$/;

function ofPython(piece: Piece): Generated {
  if (piece.type === "exec_statement") return "runs text as code: exec";
  if (piece.kind !== "call") return handsEval(piece) ? "hands on what runs text as code" : undefined;
  const callee = calleeText(piece);
  if (EVALUATING.test(callee)) return `runs text as code: ${callee}`;
  if (LOADING.test(callee)) return may(`${callee} may run what it reads`);
  return reflected(callee, childOf(piece, "arguments")?.children ?? []);
}

function reflected(callee: string, given: readonly Piece[]): string | undefined {
  if (callee === "type" && given.length === 3) return "makes a class while it runs";
  const asks = callee === "getattr" && /^(?:builtins|__builtins__)$/.test(given[0]?.name ?? "");
  return asks ? "asks for what runs code by a name" : undefined;
}

/** `e = eval`, `map(exec, texts)`. */
function handsEval({ kind, type, children }: Piece): boolean {
  const held = children.filter(({ role }) => type === "argument_list" || (kind === "assign" && role === "right"));
  return held.map(unwrap).some((one) => one.kind === "name" && /^(?:eval|exec|__import__)$/.test(one.name));
}

function ofGo(piece: Piece, { text }: Pick<RuleContext, "text">): Generated {
  if (piece.type === "source_file") return CONSTRAINT.test(text) ? "compiles conditionally" : undefined;
  if (piece.type === "import_spec" && text.slice(piece.start, piece.end).endsWith('"C"'))
    return may("C stands in a comment, which is not read");
  return piece.kind === "call" && calleeText(piece) === "plugin.Open" ? "loads code while it runs" : undefined;
}

/** A line before the package that says for which systems a file is compiled. */
const CONSTRAINT = /^\/\/(?:go:build | ?\+build )/m;

function ofRust(piece: Piece, { text }: Pick<RuleContext, "text">): Generated {
  if (piece.type === "attribute") return attributeMessage(text.slice(piece.start, piece.end));
  if (piece.type === "macro_definition") return isVariadic(piece) ? "a macro takes any number of arguments" : undefined;
  return piece.type === "macro_invocation" && /^(?:std::|core::)?include$/.test(childOf(piece, "callee")?.name ?? "")
    ? "includes a file as code"
    : undefined;
}

function attributeMessage(source: string): string | undefined {
  if (/^proc_macro(?:_attribute|_derive)?\b/.test(source)) return "makes code of code";
  return /^cfg\s*\(/.test(source) && !/\b(?:test|doc|docsrs|doctest|miri|loom|kani)\b/.test(source)
    ? "compiles conditionally"
    : undefined;
}

function isVariadic(macro: Piece): boolean {
  return below(macro).some(({ type }) => type === "token_repetition_pattern");
}

function ofJava(piece: Piece): Generated {
  if (piece.kind !== "call") return undefined;
  const callee = calleeText(piece);
  const first = childOf(piece, "arguments")?.children[0];
  if (/(?:^|\.)define(?:Hidden|Anonymous)?Class$/.test(callee)) return "makes a class while it runs";
  if (/[eE]ngine\.eval$/.test(callee)) return "runs text as code";
  const loads = /^Class\.forName$|\.loadClass$/.test(callee) && first !== undefined && first.kind !== "literal";
  return loads ? "loads what a variable names" : undefined;
}
