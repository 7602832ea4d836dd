import type { FileMeasure, RuleFinding } from "../file-measure.js";
import type { PowerOfTenRule } from "./rule.js";

/**
 * How a call names what it calls: plainly, on itself, on something else, as a value (pointer, parameter), or not at all
 * (`hidden`: an accessor, an operator, an iterator).
 */
export type CallForm = "name" | "self" | "member" | "value" | "hidden";

/** A call, or a function handed to one. */
export interface CallFact {
  readonly form: CallForm;
  /** Name of what is called, or the text of the value. */
  readonly name: string;
  /** What it is called on; empty where it is called plainly. */
  readonly receiver: string;
  /** How many arguments it gives; -1 where that cannot be told. */
  readonly given: number;
  /** 1-based. */
  readonly line: number;
  /** False: it may be called (handed to something that may run it). */
  readonly certain: boolean;
  /** Its result is neither used nor discarded on purpose. */
  readonly ignored: boolean;
}

/** What is known of one function before the others are. */
export interface FunctionFact {
  /** Its place in `FileMeasure.functions`. */
  readonly index: number;
  /** Index of the function around it; -1 at the level of the file. */
  readonly outer: number;
  /** Names it binds to values. */
  readonly locals: ReadonlySet<string>;
  /** Another name it has for itself (a named function expression, a method's receiver); empty without. */
  readonly selfName: string;
  /** What runs it without a call: `get x`, `Symbol.iterator`; empty where its own name does. */
  readonly runsAs: readonly string[];
  /** Belongs to an object or a class, so that its name alone does not reach it. */
  readonly member: boolean;
  /** Seen in its own file only (C's `static`). */
  readonly internal: boolean;
  /** Whether what it gives is to be waited for; undefined where only some of what it gives back is a promise. */
  readonly async: boolean | undefined;
  /** Whether it returns nothing; undefined where its text does not say. */
  readonly returnsNothing: boolean | undefined;
  readonly calls: readonly CallFact[];
  /** Nested functions that run while this one does, by index; `certain` is false where they may. */
  readonly runs: readonly { readonly index: number; readonly certain: boolean }[];
  /** Allocations, judged when it is known whether it only runs at the start. */
  readonly allocations: readonly {
    readonly what: string;
    readonly verdict: RuleFinding["verdict"];
    readonly line: number;
  }[];
  readonly assertions: number;
  /** A comment before it says how deep it may recurse. */
  readonly depthBound: boolean;
  /** Findings that need no other function. */
  readonly findings: readonly RuleFinding[];
}

/** A name a file takes from another one. */
export interface ImportFact {
  readonly from: string;
  /** Name there; `*` for everything. */
  readonly name: string;
}

/** What a macro does wherever it is used. */
export interface HiddenFact {
  readonly rule: PowerOfTenRule;
  readonly verdict: RuleFinding["verdict"];
  readonly what: string;
}

/** What is known of one file before the others are. */
export interface FileFact {
  readonly measure: FileMeasure;
  readonly functions: readonly FunctionFact[];
  /** By local name. */
  readonly imports: ReadonlyMap<string, ImportFact>;
  /** Exported name to what it is: a local name, or something of another file. */
  readonly exports: ReadonlyMap<string, ImportFact>;
  /** Files all of whose exports are exported again. */
  readonly exportsAll: readonly string[];
  /** Macros and the names they call. */
  readonly macros: ReadonlyMap<string, readonly string[]>;
  /** What they do besides. */
  readonly hidden: ReadonlyMap<string, readonly HiddenFact[]>;
  /** Macros that it takes back (`#undef`), with the line from which they are gone. */
  readonly withdrawn: ReadonlyMap<string, number>;
  /** Functions declared without a body, and whether they return nothing. */
  readonly prototypes: ReadonlyMap<string, boolean>;
  /** What stands for the file's own scope, or a part of it: namespaces of TypeScript. */
  readonly namespaces: ReadonlySet<string>;
  /** For each class those it extends, by name. */
  readonly bases: ReadonlyMap<string, readonly string[]>;
  /** Names of fields: what one holds may be called. */
  readonly fields: ReadonlySet<string>;
  /** Variables of the file that are no functions themselves: what a call of one runs is not known. */
  readonly variables: ReadonlySet<string>;
  /** Findings about no function. */
  readonly findings: readonly RuleFinding[];
}
