import { type Columns, decisionOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { DecisionRow } from "../memory-rows.js";
import { rankByWords, rowsInOrder, wordIndex } from "../word-search.js";

const INDEX = wordIndex("decisions", "decisions_fts", "words");
const SQL = `
SELECT position, record, cycle, task, project, seq, hlc FROM decisions
WHERE position IN (SELECT value FROM json_each(@positions))
  AND (@project IS NULL OR project IS NULL OR project = @project)
`;

/** What to search decisions for. `terms`: FTS5 phrases; `all`: those with all of them, where there are any. */
export interface DecisionSearch {
  readonly terms: readonly string[];
  readonly all: boolean;
  readonly project: string | null;
  readonly limit: number;
}

/** Decisions with some words, best first among the newest with each. */
export function searchDecisions(db: Connection, { project, limit, ...search }: DecisionSearch): DecisionRow[] {
  const all = rankByWords(db, INDEX, search);
  const ranked = project === null ? all.slice(0, limit) : all;
  const positions = JSON.stringify(ranked.map(({ position }) => position));
  const rows = db.all<Columns & { position: number }>(SQL, { positions, project });
  return rowsInOrder(rows, ranked, limit).map(decisionOf);
}
