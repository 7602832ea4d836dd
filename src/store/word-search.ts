import type { Connection } from "./connection.js";

/** Matches of one word that are looked at, newest first: the commonest word costs no more than a middling one. */
const MAX_MATCHES = 200;
/** Candidates whose length is looked up, and which are answered at most. */
const MAX_RANKED = 200;
/** BM25's constants, with a usual length of a record (characters) and the length above which none counts less. */
const [K1, B, USUAL_CHARS, LONGEST_CHARS] = [1.2, 0.75, 200, 2_000];

/** The statements of one search table: positions of matches, newest first; lengths of records. Each gives one JSON list. */
export interface WordIndex {
  readonly match: string;
  readonly lengths: string;
}

/** A record found, by its position; `rank` grows with relevance. */
export interface Ranked {
  readonly position: number;
  readonly rank: number;
}

/** The statements for a table of records and its search table; both names are constants of src/store. */
export function wordIndex(table: string, search: string, column: string): WordIndex {
  return {
    match: `SELECT json_group_array(position) AS list FROM
      (SELECT rowid AS position FROM ${search} WHERE ${search} MATCH ? ORDER BY rowid DESC LIMIT ${MAX_MATCHES})`,
    lengths: `SELECT json_group_array(json_array(position, length(${column}))) AS list FROM ${table}
      WHERE position IN (SELECT value FROM json_each(?))`,
  };
}

/**
 * Records by the words they share with a search, best first: BM25 with document frequencies counted up to a
 * bound, because counting the commonest words to the end costs more than the whole search. `terms` are FTS5
 * phrases. With `all`, only records that have all of them, where there are any.
 */
export function rankByWords(
  db: Connection,
  index: WordIndex,
  { terms, all }: { terms: readonly string[]; all: boolean },
): Ranked[] {
  const lists = terms.map((term) => matchesOf(db, index, term));
  const found = lists.filter((list) => list.length > 0);
  const complete = terms.length > 1 && found.length === lists.length ? matchesOf(db, index, terms.join(" ")) : [];
  if (all && complete.length > 0) return rankByLength(db, index, new Map(complete.map((each) => [each, 1])));
  return found.length === 0 ? [] : rankByLength(db, index, scoresOf(found, complete));
}

/** Rare words count more. Records known to have all words count all, those beyond the bound of a word too. */
function scoresOf(lists: readonly number[][], complete: readonly number[]): Map<number, number> {
  const scores = new Map<number, number>();
  let total = 0;
  for (const list of lists) {
    const weight = Math.log(1 + MAX_MATCHES / list.length);
    total += weight;
    for (const position of list) scores.set(position, (scores.get(position) ?? 0) + weight);
  }
  for (const position of complete) scores.set(position, total);
  return scores;
}

function matchesOf(db: Connection, index: WordIndex, match: string): number[] {
  return listOf<number>(db, index.match, match);
}

/** A list as one text: a row of its own for each number takes far longer to hand over. */
function listOf<Item>(db: Connection, sql: string, parameter: string): Item[] {
  const list = db.get<{ list: string }>(sql, [parameter])?.list;
  return list === undefined ? [] : (JSON.parse(list) as Item[]);
}

function rankByLength(db: Connection, index: WordIndex, scores: ReadonlyMap<number, number>): Ranked[] {
  const all = [...scores];
  const best =
    all.length <= MAX_RANKED ? all : all.sort(([a, one], [b, other]) => other - one || b - a).slice(0, MAX_RANKED);
  const positions = JSON.stringify(best.map(([position]) => position));
  const lengths = new Map(listOf<[number, number]>(db, index.lengths, positions));
  const ranked = best.map(([position, score]) => {
    const length = Math.min(lengths.get(position) ?? USUAL_CHARS, LONGEST_CHARS) / USUAL_CHARS;
    return { position, rank: (score * (K1 + 1)) / (1 + K1 * (1 - B + B * length)) };
  });
  return ranked.sort((a, b) => b.rank - a.rank || b.position - a.position);
}

/** The rows of ranked records, best first, at most `limit`; those the statement leaves out are passed over. */
export function rowsInOrder<Row extends { position: number }>(
  rows: readonly Row[],
  ranked: readonly Ranked[],
  limit: number,
): (Row & { rank: number })[] {
  const byPosition = new Map(rows.map((row) => [row.position, row]));
  const found = ranked.flatMap(({ position, rank }) => {
    const row = byPosition.get(position);
    return row === undefined ? [] : [{ ...row, rank }];
  });
  return found.slice(0, limit);
}

/** Rows that a statement gave as one list, for the same reason; `words`: their rank against the best, 0 to 1. */
export function weighed<Row extends { position: number; words: number }>(
  row: { list: string } | undefined,
  ranked: readonly Ranked[],
): Row[] {
  const best = ranked[0]?.rank ?? 0;
  const words = new Map(ranked.map(({ position, rank }) => [position, best > 0 ? rank / best : 0]));
  const rows = row === undefined ? [] : (JSON.parse(row.list) as Row[]);
  for (const each of rows) each.words = words.get(each.position) ?? 0;
  return rows;
}
