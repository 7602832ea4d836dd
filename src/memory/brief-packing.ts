import { type BriefItem, ITEM_KINDS, type ItemKind } from "./brief-items.js";
import { tokensOf } from "./text.js";

const HEADINGS: Record<ItemKind, string> = {
  decision: "Decisions",
  fix: "Known fixes",
  lesson: "Lessons",
  note: "Notes",
  file: "Files",
  done: "Completed",
};
/** Share of the whole budget a kind may take. */
const SHARES: Record<ItemKind, number> = { decision: 0.25, fix: 0.15, lesson: 0.1, note: 0.1, file: 0.1, done: 0.1 };
/** A heading with its line breaks and colon, in tokens, taken off the first item of its kind. */
const HEADING_TOKENS = 5;

/**
 * Packs items into `left` tokens, greedily by score per token. Each falls back from its full text to
 * one line to its id; a kind takes at most its share of `budget`. Told kind by kind, best first.
 */
export function packItems(
  items: readonly BriefItem[],
  left: number,
  budget: number,
): { heading: string; lines: string[] }[] {
  const priced = items.map((item) => ({ item, worth: item.score / costOf(item.full) }));
  priced.sort((a, b) => b.worth - a.worth || compareText(a.item.id, b.item.id));
  const taken = new Map<BriefItem, string>();
  const used = new Map<ItemKind, number>();
  let room = left;
  for (const { item } of priced) {
    const spent = used.get(item.kind) ?? 0;
    const heading = spent === 0 ? HEADING_TOKENS : 0;
    const cap = Math.min(room, Math.floor(SHARES[item.kind] * budget) - spent) - heading;
    const text = [item.full, item.line, item.id].find((each) => costOf(each) <= cap);
    if (text === undefined) continue;
    taken.set(item, text);
    used.set(item.kind, spent + heading + costOf(text));
    room -= heading + costOf(text);
  }
  return ITEM_KINDS.map((kind) => ({ heading: HEADINGS[kind], lines: linesOf(kind, taken) })).filter(
    ({ lines }) => lines.length > 0,
  );
}

/** Tokens of a line with its dash and line break. */
function costOf(text: string): number {
  return tokensOf(text.length + 3);
}

function linesOf(kind: ItemKind, taken: ReadonlyMap<BriefItem, string>): string[] {
  const chosen = [...taken].filter(([item]) => item.kind === kind);
  chosen.sort(([a], [b]) => b.score - a.score || compareText(a.id, b.id));
  return chosen.map(([, text]) => text);
}

/** By code unit: the same on every machine, whatever its language. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
