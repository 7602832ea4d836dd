import { type EventRow, eventOf } from "./chain.js";
import type { Connection } from "./connection.js";
import { headOf } from "./log.js";
import { project, projectedTypes } from "./projections/project.js";
import { selectReplayEvents } from "./sql/select-replay-events.js";

/** Tables that are no projections: the log itself, its head, what waits for its number, and the leases of running processes. */
const KEPT = new Set(["events", "blobs", "chain", "intake", "leases"]);
/** Events replayed between two looks at the rows still to come. */
const PAGE = 1_000;

/** Whether the tables were what the events say, and where not. They are afterwards. */
export interface Rebuild {
  equal: boolean;
  differences: string[];
}

interface SchemaObject {
  name: string;
  type: "table" | "index";
  tbl_name: string;
  sql: string;
}

/** Tables and indexes of the projections as created, without the shadow tables of FTS. */
function projectionSchema(db: Connection): SchemaObject[] {
  const objects = db.database
    .prepare("SELECT name, type, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, rowid")
    .all() as SchemaObject[];
  const virtual = objects.filter(isVirtual).map(({ name }) => `${name}_`);
  return objects.filter(
    ({ tbl_name }) => !KEPT.has(tbl_name) && !virtual.some((prefix) => tbl_name.startsWith(prefix)),
  );
}

function isVirtual(object: SchemaObject): boolean {
  return object.sql.startsWith("CREATE VIRTUAL");
}

function scratchSql({ sql }: SchemaObject): string {
  return sql.replace(/^CREATE (VIRTUAL TABLE|TABLE|UNIQUE INDEX|INDEX) /, "CREATE $1 temp.");
}

/** Replays events behind `afterSeq` into whatever the table names mean now; the last one seen. */
function replay(db: Connection, afterSeq: number): number {
  const types = JSON.stringify([...projectedTypes]);
  let cursor = afterSeq;
  for (;;) {
    const rows = db.all<EventRow>(selectReplayEvents, { cursor, types, limit: PAGE });
    for (const row of rows) project(db, eventOf(db, row));
    cursor = rows.at(-1)?.seq ?? cursor;
    if (rows.length < PAGE) return cursor;
  }
}

function differencesOf(db: Connection, table: string): string[] {
  const missing = count(db, `SELECT * FROM temp.${table} EXCEPT SELECT * FROM main.${table}`);
  const surplus = count(db, `SELECT * FROM main.${table} EXCEPT SELECT * FROM temp.${table}`);
  if (missing + surplus === 0) return [];
  return [`${table}: ${missing} row(s) missing or different, ${surplus} row(s) that no event explains`];
}

function count(db: Connection, query: string): number {
  return db.database.prepare(`SELECT count(*) FROM (${query})`).pluck().get() as number;
}

function replaceTable(db: Connection, table: string): void {
  db.database.exec(`DELETE FROM main.${table}; INSERT INTO main.${table} SELECT * FROM temp.${table};`);
}

/** The words of a search table are made anew from the table it belongs to. */
function reindex(db: Connection, table: string): void {
  db.database.exec(`INSERT INTO main.${table} (${table}) VALUES ('rebuild')`);
}

/**
 * Replays the log into scratch tables (TEMP ones take the projections' names while it lasts, so the
 * very same statements fill them), compares, and puts the scratch tables' rows in place where they
 * differ. Most of the replay holds no write lock; only its end and the comparison do.
 */
export function rebuildProjections(db: Connection, transaction: <T>(work: () => T) => T): Rebuild {
  const schema = projectionSchema(db);
  const tables = schema.filter((object) => object.type === "table");
  const plain = tables.filter((object) => !isVirtual(object)).map(({ name }) => name);
  for (const object of schema) db.database.exec(scratchSql(object));
  try {
    const cursor = db.database.transaction(() => replay(db, 0))();
    return transaction(() => {
      if (headOf(db).seq > cursor) replay(db, cursor);
      const differences = plain.flatMap((table) => differencesOf(db, table));
      if (differences.length > 0) {
        for (const table of plain) replaceTable(db, table);
        for (const table of tables.filter(isVirtual)) reindex(db, table.name);
      }
      return { equal: differences.length === 0, differences };
    });
  } finally {
    for (const { name } of [...tables].reverse()) db.database.exec(`DROP TABLE temp.${name}`);
  }
}
