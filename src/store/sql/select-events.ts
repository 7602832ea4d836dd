import type { EventType } from "../../schema/event.js";
import type { EventRow } from "../chain.js";
import type { Connection, Value } from "../connection.js";

/** Which events to read; members are joined by AND. `limit` defaults to all. */
export interface EventFilter {
  stream?: string;
  type?: EventType | readonly EventType[];
  run?: number;
  task?: string;
  execution?: string;
  /** Only events with a greater sequence number. */
  afterSeq?: number;
  limit?: number;
  /** Newest first. */
  reverse?: boolean;
}

const CLAUSES: { readonly [K in "stream" | "run" | "task" | "execution" | "afterSeq"]: string } = {
  stream: "stream = @stream",
  run: "run = @run AND seq >= coalesce((SELECT started_seq FROM cycles WHERE number = @run), 0)",
  task: "task = @task",
  execution: "execution = @execution",
  afterSeq: "seq > @afterSeq",
};

function typeClause(type: NonNullable<EventFilter["type"]>, values: Record<string, Value>): string {
  if (typeof type === "string") {
    values["type"] = type;
    return "type = @type";
  }
  values["types"] = JSON.stringify(type);
  return "type IN (SELECT value FROM json_each(@types))";
}

/** The rows a filter chooses, in order of their sequence numbers. */
export function selectEvents(db: Connection, filter: EventFilter): EventRow[] {
  const values: Record<string, Value> = { limit: filter.limit ?? -1 };
  const clauses: string[] = [];
  for (const [name, clause] of Object.entries(CLAUSES)) {
    const value = filter[name as keyof typeof CLAUSES];
    if (value === undefined) continue;
    values[name] = value;
    clauses.push(clause);
  }
  if (filter.type !== undefined) clauses.push(typeClause(filter.type, values));
  const where = clauses.length === 0 ? "" : `WHERE ${clauses.join(" AND ")}`;
  const order = filter.reverse === true ? "DESC" : "ASC";
  return db.all<EventRow>(`SELECT * FROM events ${where} ORDER BY seq ${order} LIMIT @limit`, values);
}
