import { basename, dirname, join } from "node:path/posix";
import type { Finding } from "./finding.js";
import { languageOf } from "./language.js";
import { readWithRoom } from "./parser-stack.js";
import type { SourceText } from "./power-of-ten/analysis.js";
import { isCFamily } from "./power-of-ten/rule.js";
import type { GrammarLanguage } from "./tree/grammar.js";
import { treeFigures } from "./tree/tree-source.js";

/** Of C and C++, which functions a header documents where it declares them. */
export interface DeclaredDocumentation {
  /** Whether a header that a file includes, itself or through others, documents a function of this qualified name. */
  documents(path: string, name: string): boolean;
}

/** A source, and where it was measured already what it documents, read as this language. */
export interface HeaderSource extends SourceText {
  readonly declared?: { readonly language: string | null; readonly names: readonly string[] };
}

const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*["<]([^">\n\r\u2028\u2029]+)[">]/gm;

/**
 * Knows what the headers among `sources` document; these hold the files that include them too. A header is the one
 * at the place that `#include` says, seen from the file, else the only one whose path ends so. Read when it is asked
 * for. Throws Fault GRAMMAR_NOT_LOADED.
 */
export function declaredDocumentation(sources: readonly HeaderSource[]): DeclaredDocumentation {
  const read: ReadSources = {
    texts: new Map(sources.map(({ path, text }) => [path, text])),
    named: byLastName(sources),
    included: new Map(),
    declared: declaredBefore(sources),
  };
  const found = new Map<string, ReadonlySet<string>>();
  return {
    documents: (path, name) => {
      const known = found.get(path) ?? documentedFor(path, read);
      found.set(path, known);
      return known.has(name);
    },
  };
}

/** Findings without those of missing documentation that a header has. `sources` as `declaredDocumentation` takes them. */
export function withoutDeclared<T extends Pick<Finding, "rule" | "file" | "function">>(
  findings: readonly T[],
  sources: readonly SourceText[],
): T[] {
  if (!findings.some(mayBeDeclared)) return [...findings];
  const declared = declaredDocumentation(sources);
  return findings.filter((one) => !mayBeDeclared(one) || !declared.documents(one.file, one.function ?? ""));
}

/** Whether a finding is of documentation that a header may have. */
export function mayBeDeclared({ rule, file }: Pick<Finding, "rule" | "file">): boolean {
  return rule === "documentation" && isCFamily(languageOf(file));
}

interface ReadSources {
  readonly texts: ReadonlyMap<string, string>;
  /** Paths by the last name of each. */
  readonly named: ReadonlyMap<string, readonly string[]>;
  /** Headers that a file includes itself, as far as that was asked. */
  readonly included: Map<string, readonly string[]>;
  /** What headers declare with documentation, by the language they were read as and their path. */
  readonly declared: Map<string, readonly string[]>;
}

function declaredBefore(sources: readonly HeaderSource[]): ReadSources["declared"] {
  return new Map(sources.flatMap(({ path, declared: one }) => (one ? [[keyOf(one.language, path), one.names]] : [])));
}

function byLastName(sources: readonly SourceText[]): ReadSources["named"] {
  const named = new Map<string, string[]>();
  for (const { path } of sources) {
    const name = basename(path);
    const paths = named.get(name) ?? [];
    paths.push(path);
    named.set(name, paths);
  }
  return named;
}

function keyOf(language: string | null, header: string): string {
  return `${language} ${header}`;
}

function documentedFor(path: string, read: ReadSources): ReadonlySet<string> {
  const language = languageOf(path) as GrammarLanguage;
  return new Set(headersOf(path, read).flatMap((header) => declaredIn(header, language, read)));
}

/** Headers are read as the language of the file that includes them: `.h` says C of what may be C++. Each once. */
function declaredIn(header: string, language: GrammarLanguage, { texts, declared }: ReadSources): readonly string[] {
  const key = keyOf(language, header);
  const known = declared.get(key) ?? declaredNames(header, texts.get(header) ?? "", language);
  declared.set(key, known);
  return known;
}

function declaredNames(path: string, text: string, language: GrammarLanguage): readonly string[] {
  return readWithRoom({ path, text, language }, () => treeFigures(path, text, language)).declared ?? [];
}

/** The headers that a file includes, itself and through others; each once. */
function headersOf(path: string, read: ReadSources): string[] {
  const reached = new Set([path]);
  for (const file of reached) {
    const included = read.included.get(file) ?? includedBy(file, read);
    read.included.set(file, included);
    for (const header of included) reached.add(header);
  }
  reached.delete(path);
  return [...reached];
}

function includedBy(file: string, read: ReadSources): readonly string[] {
  const names = (read.texts.get(file) ?? "").matchAll(INCLUDE);
  return [...names].flatMap(([, name = ""]) => placeOf(name, file, read) ?? []);
}

function placeOf(name: string, from: string, { texts, named }: ReadSources): string | undefined {
  const near = join(dirname(from), name);
  if (texts.has(near)) return near;
  const ending = join("/", name);
  const [only, ...others] = (named.get(basename(ending)) ?? []).filter((path) => `/${path}`.endsWith(ending));
  return others.length === 0 ? only : undefined;
}
