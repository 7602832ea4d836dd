import type { Language } from "./language.js";

/** What a measured piece of code is. `field` is a class field's initialiser, `static` a static block. */
export type FunctionKind = "function" | "field" | "static";

/** A Power of Ten observation inside one function. */
export interface RuleFinding {
  rule: string;
  /** 1-based. */
  line: number;
  verdict: "fail" | "unknown";
  message: string;
}

/** Figures of one function. Lines are 1-based and inclusive. */
export interface FunctionMeasure {
  /** Repository-relative path. */
  file: string;
  /** Its own name, or `<anonymous>`. */
  name: string;
  /** Name with what encloses it, for example `Class.method`, `outer.inner`. */
  qualified_name: string;
  /** Which of the functions with this qualified name in the file, from 0. */
  order: number;
  kind: FunctionKind;
  line: number;
  end_line: number;
  /** Line on which the body starts: records of coverage tools point between `line` and this. */
  body_line: number;
  /** Cyclomatic complexity, functions nested in it counted apart. */
  complexity: number;
  /** Its lines without those of functions nested in it. */
  length: number;
  parameters: number;
  /** Whether documentation is asked of it: a named function, not a callback (DESIGN §5). */
  named: boolean;
  /** Whether a comment stands directly before it. */
  documented: boolean;
  /** SHA-256 over its tokens without its own name; white space, comments and formatting do not matter. */
  token_hash: string;
  findings: RuleFinding[];
}

/** A comment that switches a rule off. */
export interface Suppression {
  /** What it switches off, for example `eslint-disable`. */
  kind: string;
  /** The comment with white space collapsed: what tells one that was there before from a new one. */
  text: string;
  /** 1-based. */
  line: number;
}

/** A place the parser could not read. */
export interface ParseError {
  message: string;
  /** 1-based. */
  line: number;
  /** What tells a place that was there before from a new one; the message where it is left out. */
  key?: string;
}

/** Figures of one file. */
export interface FileMeasure {
  path: string;
  /** Null when the file's language is not measured. */
  language: Language | null;
  lines: number;
  /** `partial`: functions may be missing; `failed`: nothing could be read. */
  parse: "ok" | "partial" | "failed";
  errors: ParseError[];
  functions: FunctionMeasure[];
  suppressions: Suppression[];
  /** Lines on which a statement starts, ascending (1-based): what coverage can be asked of. */
  executable: number[];
  /** Qualified names of functions that a documented declaration of this file declares; in C and C++ alone. */
  declared?: string[];
}

/** A function's figures without the hash of its tokens, which costs as much as the rest. */
export type FunctionFigures = Omit<FunctionMeasure, "token_hash">;

/** A file's figures without the hashes of its functions and what only coverage asks for. */
export type FileFigures = Omit<FileMeasure, "functions" | "executable"> & { functions: FunctionFigures[] };
