import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { migrations } from "../../../src/store/migrations/list.js";
import { temporaryFolder, temporaryStore } from "./sample-events.js";

it("makes the records of a version 1 database searchable in any script, and keeps its fixes", () => {
  const path = join(temporaryFolder(), "worknode.db");
  const old = new Database(path);
  old.exec(migrations[0] ?? "");
  const record = {
    id: "D-1",
    question: "Transport?",
    decision: "队列传输",
    rationale: "",
    alternatives_rejected: [{ option: "Carrier pigeons", reason: "slow" }],
    made_by: "ann",
    timestamp: 1,
    confidence: 1,
  };
  old.exec("INSERT INTO chain (id, node, seq, hlc, hash) VALUES (1, 'n', 0, NULL, '')");
  old
    .prepare(
      "INSERT INTO decisions (id, cycle, question, decision, rationale, record, seq, hlc) VALUES ('D-1', 0, ?, ?, '', ?, 1, '2026')",
    )
    .run(record.question, record.decision, JSON.stringify(record));
  old
    .prepare(
      `INSERT INTO issues (id, fingerprint, cycle, type, error, solution, resolved, count, identifiers, seq, hlc)
       VALUES ('is_1', 'f', 0, 'LINK', 'undefined reference to queue_push', '{"fix":"x","root_cause":""}', 1, 1, 'queue_push', 7, '2026')`,
    )
    .run();
  old.pragma(`application_id = ${0x776b6e64}`);
  old.pragma("user_version = 1");
  old.close();

  const { queries } = temporaryStore({ path });
  const search = (term: string) => queries.searchDecisions({ terms: [term], all: true, project: null, limit: 5 });
  expect(search('"pigeons"')).toMatchObject([{ record }]);
  expect(search('"队 列"')).toHaveLength(1);
  expect(queries.searchIssueWords(['"queue_push"'], 5)).toMatchObject([{ id: "is_1", resolved_seq: 7, applied: 0 }]);
});
