import type { Connection } from "../connection.js";
import type { Relevance, RelevantDecision } from "../memory-rows.js";
import { rankByWords, weighed, wordIndex } from "../word-search.js";

const INDEX = wordIndex("decisions", "decisions_fts", "words");
const SQL = `
WITH standing AS (
  SELECT * FROM decisions WHERE NOT EXISTS (SELECT 1 FROM decisions AS later WHERE later.supersedes = decisions.id)
), chosen AS (
  SELECT value AS position FROM json_each(@found)
  UNION ALL SELECT * FROM (SELECT position FROM standing ORDER BY position DESC LIMIT @limit)
  UNION ALL SELECT * FROM (SELECT position FROM standing WHERE cycle = @cycle AND task = @task ORDER BY position DESC LIMIT @limit)
  UNION ALL SELECT position FROM decisions WHERE id IN (SELECT id FROM pins)
)
SELECT json_group_array(json_object('position', position, 'id', id, 'question', question, 'decision', decision,
  'rationale', rationale, 'paths', record -> '$.paths', 'status', record ->> '$.status', 'task', task, 'seq', seq, 'hlc', hlc)) AS list
FROM standing WHERE position IN chosen
`;

/** Decisions nothing replaces: those with some words, those about a task, and the newest, at most `limit` of each; and the pinned. */
export function listRelevantDecisions(db: Connection, { terms, cycle, task, limit }: Relevance): RelevantDecision[] {
  const ranked = rankByWords(db, INDEX, { terms, all: false }).slice(0, limit);
  const found = JSON.stringify(ranked.map(({ position }) => position));
  return weighed(db.get(SQL, { found, cycle, task, limit }), ranked);
}
