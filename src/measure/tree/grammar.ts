import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Language as Grammar, Parser } from "web-tree-sitter";
import { Fault } from "../../kernel/fault.js";
import { isEcmaScript, type Language } from "../language.js";
import type { Engine } from "./tree-memory.js";

/** Languages read by tree-sitter. */
export type GrammarLanguage = Exclude<Language, "typescript" | "tsx" | "javascript">;

/** What `grammars/grammars.json` says of each grammar: where it came from, and what it must be. */
type GrammarRecord = Record<GrammarLanguage, { file: string; sha256: string }>;

const SHOWN = Symbol.for("worknode.tree-sitter");
const parsers = new Map<Language, Parser>();
let starting: Promise<void> | undefined;

/**
 * What tree-sitter shows of itself once it has started, which it does once: copies of this module that share a tree-sitter, as
 * two versions of worknode in one process may, share this too.
 */
export const engine: Engine = sharedEngine();

function sharedEngine(): Engine {
  const holder = Parser as unknown as Record<symbol, Engine | undefined>;
  const shared = holder[SHOWN] ?? {};
  holder[SHOWN] = shared;
  return shared;
}

/** Where grammars are when they are in no folder: in one file with the program. */
export interface GrammarSource {
  /** Bytes of a file of worknode's `grammars/` folder. */
  read(file: string): Uint8Array;
  /** Tree-sitter itself, compiled. */
  engine(): Uint8Array;
}

/**
 * Loads the grammars these languages need from worknode's `grammars/` folder, once each; those of ECMAScript need
 * none. A measure of such a language is synchronous afterwards. Throws Fault GRAMMAR_MISSING, GRAMMAR_CHANGED when
 * a file is not the one that was shipped.
 */
export async function loadGrammars(
  languages: Iterable<Language | undefined>,
  source: string | GrammarSource,
): Promise<void> {
  for (const language of new Set(languages)) {
    if (language === undefined || isEcmaScript(language) || parsers.has(language)) continue;
    starting ??= Parser.init(
      typeof source === "string" ? engine : Object.assign(engine, { wasmBinary: source.engine() }),
    );
    await starting;
    const parser = new Parser();
    parser.setLanguage(await Grammar.load(readGrammar(language as GrammarLanguage, source)));
    parsers.set(language, parser);
  }
}

function readGrammar(language: GrammarLanguage, source: string | GrammarSource): Uint8Array {
  const read = (file: string): Uint8Array =>
    typeof source === "string" ? readFileSync(join(source, file)) : source.read(file);
  const directory = typeof source === "string" ? source : "this file";
  try {
    const records = JSON.parse(Buffer.from(read("grammars.json")).toString("utf8")) as GrammarRecord;
    const { file, sha256 } = records[language];
    const bytes = read(file);
    if (createHash("sha256").update(bytes).digest("hex") === sha256) return bytes;
  } catch (cause) {
    throw new Fault(
      "GRAMMAR_MISSING",
      `the grammar of ${language} in ${directory} cannot be read. Install worknode again.`,
      { cause },
    );
  }
  throw new Fault(
    "GRAMMAR_CHANGED",
    `the grammar of ${language} in ${directory} is not the one shipped. Install worknode again.`,
  );
}

/** The parser of a loaded language. Throws Fault GRAMMAR_NOT_LOADED: what cannot be measured is never taken as fine. */
export function parserOf(language: Language): Parser {
  const parser = parsers.get(language);
  if (parser === undefined)
    throw new Fault("GRAMMAR_NOT_LOADED", `the grammar of ${language} was not loaded before it was needed`);
  return parser;
}
