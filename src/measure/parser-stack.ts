import type { Parser } from "web-tree-sitter";
import { MAX_PARSER_STACK_BYTES } from "../kernel/bounds.js";
import { Fault } from "../kernel/fault.js";
import type { FileMeasure } from "./file-measure.js";
import { splitLines } from "./line-table.js";
import { engine, type GrammarLanguage, parserOf } from "./tree/grammar.js";

/** A text that tree-sitter is to read, and as what. */
interface TreeText {
  readonly path: string;
  readonly text: string;
  readonly language: GrammarLanguage;
}

/** What of tree-sitter's program is used here; the rest of it is in `tree/tree-memory.ts`. */
interface EngineParts {
  readonly _malloc: (bytes: number) => number;
  readonly loadWebAssemblyModule: (module: Uint8Array, flags: { loadAsync: false }) => StackPart;
}

interface StackPart {
  /** Sets the stack pointer and answers what it was. */
  readonly swap: (address: number) => number;
}

/**
 * Reads a text by tree-sitter, whose stack has 64 KiB and its own data below them, and no end that anything looks at: what
 * made it call itself some 2,000 deep (`(a)(b)*(a)(b)*…` in C, 14 KB of it) went on into that data, and then it never
 * ended, or failed at this file and at every one after it. Here it has room for more than the thread lets it call
 * itself. A text that is too deep for that, too, is one that cannot be read.
 */
export function readWithRoom<T>(source: TreeText, read: () => T): T | FileMeasure {
  const parser = parserOf(source.language);
  moveStack();
  // All of a text that took too long is still there, and to let go of it can be too deep as well.
  orRenewed(parser, () => parser.reset(), ignore);
  return orRenewed(parser, read, (why) => unread(source, why));
}

function ignore(): void {}

/** What `act` answers, or where it ended the engine, whose parser begins anew then, what `otherwise` does. */
function orRenewed<T, E>(parser: Parser, act: () => T, otherwise: (why: string) => E): T | E {
  try {
    return act();
  } catch (thrown) {
    if (!(thrown instanceof Error && ENDS.has(thrown.name))) throw thrown;
    renew(parser);
    return otherwise(thrown.message);
  }
}

/** Lets a parser begin anew. What it was at stays where it is: to tidy up what is left half done is what cannot be trusted. */
function renew(parser: Parser): void {
  moveStack();
  (parser as unknown as { initialize(): void }).initialize();
  parser.setLanguage(parser.language);
}

/** What the thread's stack, or the engine, ends with. */
const ENDS: ReadonlySet<string> = new Set(["RangeError", "RuntimeError"]);

/** The room is made once for all copies of this module that share a tree-sitter. */
const STACK = Symbol.for("worknode.tree-sitter.stack");

interface Stack {
  readonly top: number;
  readonly part: StackPart;
}

/** Lets the engine's stack begin at the top of its room: nothing of it is in use between two texts. */
function moveStack(): void {
  const holder = engine as Record<symbol, Stack | undefined>;
  const stack = holder[STACK] ?? makeStack();
  holder[STACK] = stack;
  stack.part.swap(stack.top);
}

function makeStack(): Stack {
  const { _malloc: allocate, loadWebAssemblyModule: load } = engine as Partial<EngineParts>;
  if (allocate === undefined || load === undefined) throw new Fault("PARSER_STACK", NO_STACK);
  const part = load(STACK_PART, { loadAsync: false });
  const bottom = allocate(MAX_PARSER_STACK_BYTES);
  const end = bottom + MAX_PARSER_STACK_BYTES;
  return { top: end - (end % STACK_ALIGNMENT), part };
}

const NO_STACK =
  "tree-sitter does not show its stack: another part of this process started it first, or it is another version. " +
  "Let worknode load its grammars first, or install it again.";
const STACK_ALIGNMENT = 16;

/**
 * A module that shares the engine's stack pointer, as every grammar does, and has one function:
 * `(func (export "swap") (param i32) (result i32) global.get 0 local.get 0 global.set 0)`.
 */
const STACK_PART = Buffer.concat([
  Buffer.from("\0asm\x01\0\0\0", "latin1"),
  Buffer.from("\0\x0f\x08dylink.0\x01\x04\0\0\0\0", "latin1"), // no memory and no table of its own
  Buffer.from("\x01\x06\x01\x60\x01\x7f\x01\x7f", "latin1"),
  Buffer.from("\x02\x18\x01\x03env\x0f__stack_pointer\x03\x7f\x01", "latin1"),
  Buffer.from("\x03\x02\x01\0", "latin1"),
  Buffer.from("\x07\x08\x01\x04swap\0\0", "latin1"),
  Buffer.from("\x0a\x0a\x01\x08\0\x23\0\x20\0\x24\0\x0b", "latin1"),
]);

function unread({ path, text, language }: TreeText, why: string): FileMeasure {
  const errors = [{ message: `nested too deeply, or too much, to be parsed (${why})`, line: 1 }];
  const lines = splitLines(text).length;
  return { path, language, lines, parse: "failed", errors, functions: [], suppressions: [], executable: [] };
}
