import type { Connection } from "../connection.js";
import type { Relevance, RelevantFix } from "../memory-rows.js";
import { rankByWords, weighed, wordIndex } from "../word-search.js";

const INDEX = wordIndex("issues", "issues_fts", "words");
const SQL = `
WITH chosen AS (
  SELECT value AS position FROM json_each(@found)
  UNION ALL SELECT * FROM (SELECT position FROM issues WHERE resolved = 1 ORDER BY seq DESC LIMIT @limit)
  UNION ALL SELECT position FROM issues WHERE id IN (SELECT id FROM pins)
)
SELECT json_group_array(json_object('position', position, 'id', id, 'error', error, 'solution', json(solution),
  'file', file, 'task', task, 'hlc', hlc, 'applied', applied, 'worked', worked,
  'stale', coalesce((SELECT max(seq) FROM files_kept WHERE path = file), 0) > coalesce(resolved_seq, 0))) AS list
FROM issues WHERE position IN chosen AND solution IS NOT NULL
`;

/** Issues with a fix: those with some words, and the resolved ones seen last, at most `limit` of each; and the pinned. */
export function listRelevantFixes(db: Connection, { terms, limit }: Omit<Relevance, "cycle" | "task">): RelevantFix[] {
  const ranked = rankByWords(db, INDEX, { terms, all: false }).slice(0, limit);
  return weighed(db.get(SQL, { found: JSON.stringify(ranked.map(({ position }) => position)), limit }), ranked);
}
