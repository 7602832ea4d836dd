import type { Language } from "web-tree-sitter";

/** The parser's memory, in numbers of 32 and of 16 bits. */
export interface Memory {
  readonly words: Uint32Array;
  readonly halves: Uint16Array;
}

/** What a grammar says of its productions' children, copied from where the parser has it. */
export interface GrammarTables {
  /** The type that each symbol of the parser is shown as. */
  readonly types: Uint16Array;
  /** The symbol as which a child is shown instead of its own, 0 for none: so many of each production. */
  readonly aliases: Uint16Array;
  readonly aliasWidth: number;
  /** The field a child stands in, 0 for none: so many of each production. */
  readonly fields: Uint16Array;
  readonly fieldWidth: number;
}

/** Where `TSLanguage` (parser.h of tree-sitter 0.27) has what, in bytes, if an address has four. */
const LANGUAGE = {
  symbols: 4,
  aliases: 8,
  productions: 28,
  aliasWidth: 36,
  fieldSlices: 64,
  fieldEntries: 68,
  types: 76,
  aliasRows: 84,
} as const;
const HALF = 0xffff;
const BYTE = 0xff;
const HALVES_A_SLICE = 2;
const HALVES_AN_ENTRY = 2;

const known = new WeakMap<Language, GrammarTables>();

/** The tables of a language, which do not change: read once. */
export function grammarTables(memory: Memory, language: Language): GrammarTables {
  const before = known.get(language);
  if (before !== undefined) return before;
  const tables = readTables(memory, addressOf(language));
  known.set(language, tables);
  return tables;
}

/** Where something of tree-sitter is in its memory: its wrappers keep it as their first element. */
export function addressOf(wrapper: object): number {
  return (wrapper as Record<0, number>)[0];
}

function readTables(memory: Memory, language: number): GrammarTables {
  const { words, halves } = memory;
  const at = (place: keyof typeof LANGUAGE): number => words[(language + LANGUAGE[place]) >>> 2] as number;
  const halvesAt = (place: keyof typeof LANGUAGE, length: number): Uint16Array =>
    halves.slice(at(place) >>> 1, (at(place) >>> 1) + length);
  const productions = at("productions");
  const aliasWidth = at("aliasWidth") & HALF;
  return {
    types: halvesAt("types", at("symbols") + at("aliases")),
    aliases: halvesAt("aliasRows", productions * aliasWidth),
    aliasWidth,
    ...readFields(memory, { slices: at("fieldSlices"), entries: at("fieldEntries"), productions }),
  };
}

/** Where it is said which field of a production which child stands in. */
interface FieldPlaces {
  readonly slices: number;
  readonly entries: number;
  readonly productions: number;
}

/** What a production has from another one (`inherited`) that one says of its own children. */
function readFields({ halves }: Memory, { slices, entries, productions }: FieldPlaces) {
  const said = Array.from({ length: productions }, (_, production) => {
    const slice = (slices >>> 1) + production * HALVES_A_SLICE;
    const first = (entries >>> 1) + (halves[slice] as number) * HALVES_AN_ENTRY;
    return Array.from({ length: halves[slice + 1] as number }, (_, index) => {
      const entry = first + index * HALVES_AN_ENTRY;
      const [field, rest] = [halves[entry] as number, halves[entry + 1] as number];
      return { production, child: rest & BYTE, field, isInherited: rest > BYTE };
    });
  });
  const own = said.flat().filter(({ isInherited }) => !isInherited);
  const fieldWidth = Math.max(0, ...own.map(({ child }) => child + 1));
  const fields = new Uint16Array(productions * fieldWidth);
  for (const { production, child, field } of own) fields[production * fieldWidth + child] ||= field;
  return { fields, fieldWidth };
}
