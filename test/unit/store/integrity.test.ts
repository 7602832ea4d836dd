import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { Store } from "../../../src/store/store.js";
import {
  cycleStarted,
  effectKept,
  event,
  executionEnded,
  modelFailed,
  modelRequest,
  modelResponse,
  proposed,
  taskCompleted,
  taskStarted,
  temporaryStore,
  toolResult,
} from "./sample-events.js";

function filled(): Store {
  const store = temporaryStore();
  const call = "1:T-1:work:1:1";
  const solution = { fix: "declare it", root_cause: "missing header" };
  const words = { question: "Which?", decision: "This", rationale: "r", alternatives_rejected: [] };
  store.append([
    cycleStarted(1, [{ id: "T-1" }, { id: "T-2", needs: ["T-1"] }]),
    taskStarted("T-1"),
    modelRequest("r1", 0.1),
    modelFailed("r1", true),
    modelRequest("r2", 0.3),
    modelResponse("r2", 0.2),
    ...proposed(call, "T-1"),
    effectKept(call, "T-1"),
    toolResult(call, "T-1"),
    executionEnded(call, "T-1"),
    taskCompleted("T-1", ["src/a.js"], "a long summary ".repeat(60)),
    event("DECISION_RECORDED", { id: "D-1", ...words, made_by: "me", timestamp: 1, confidence: 0.5 }),
    event("ISSUE_RECORDED", {
      id: "is_1",
      fingerprint: "f1",
      type: "E",
      error: "undefined reference to queue_sort",
      solution,
      resolved: true,
    }),
    event("ISSUE_RECORDED", {
      id: "is_1",
      fingerprint: "f1",
      type: "E",
      error: "undefined reference to queue_sort",
      resolved: false,
    }),
  ]);
  return store;
}

function tamper(store: Store, sql: string): void {
  const raw = new Database(store.path);
  raw.exec(sql);
  raw.close();
}

describe("verifying the chain", () => {
  it("finds an untouched log sound", () => {
    const store = filled();
    expect(store.verify()).toEqual({ ok: true, events: 15 });
  });

  it.each([
    ["a changed payload", "UPDATE events SET payload = replace(payload, 'implementer', 'someone') WHERE seq = 2", 2],
    ["a changed actor", "UPDATE events SET actor = 'someone' WHERE seq = 3", 3],
    ["a changed stamp", "UPDATE events SET hlc = '2020' WHERE seq = 3", 3],
    ["a removed row", "DELETE FROM events WHERE seq = 4", 4],
    ["a removed first row", "DELETE FROM events WHERE seq = 1", 1],
    [
      "two rows in the other order",
      "UPDATE events SET seq = -1 WHERE seq = 5; UPDATE events SET seq = 5 WHERE seq = 6; UPDATE events SET seq = 6 WHERE seq = -1",
      5,
    ],
    ["a removed tail", "DELETE FROM events WHERE seq > 10", 11],
    ["an empty log", "DELETE FROM events", 1],
    [
      "a row added behind the end",
      "INSERT INTO events SELECT 16, hlc, node, run, task, execution, stream, type, actor, payload, hash, hash FROM events WHERE seq = 15",
      16,
    ],
    ["a changed text", "UPDATE blobs SET text = 'other' WHERE text LIKE 'id: demo%'", 1],
    ["a removed text", "DELETE FROM blobs WHERE text LIKE 'a long summary%'", 12],
    ["a head that was moved", "UPDATE chain SET hash = 'x'", 15],
  ])("detects %s", (_what, sql, seq) => {
    const store = filled();
    tamper(store, sql);
    expect(store.verify()).toMatchObject({ ok: false, seq });
  });

  it("says which text is gone when an event is read", () => {
    const store = filled();
    tamper(store, "DELETE FROM blobs WHERE text LIKE 'id: demo%'");
    expect(() => store.events({})).toThrowError(expect.objectContaining({ code: "STORE_CORRUPT", exitCode: 2 }));
  });
});

describe("rebuilding the projections", () => {
  it("finds them equal to what the events say", () => {
    expect(filled().rebuild()).toEqual({ equal: true, differences: [] });
  });

  it.each([
    ["a changed row", "UPDATE tasks SET status = 'PENDING' WHERE id = 'T-1'", /^tasks: 1 .* 1 /],
    ["a removed row", "DELETE FROM requests", /^requests: 2 .* 0 /],
    ["a row no event explains", "INSERT INTO kv VALUES ('cycle:9:status', 'done')", /^kv: 0 .* 1 /],
    ["a changed decision", "UPDATE decisions SET question = 'Other?'", /^decisions: /],
  ])("names and repairs %s", (_what, sql, difference) => {
    const store = filled();
    tamper(store, sql);
    const { equal, differences } = store.rebuild();
    expect(equal).toBe(false);
    expect(differences).toHaveLength(1);
    expect(differences[0]).toMatch(difference);
    expect(store.rebuild()).toEqual({ equal: true, differences: [] });
    expect(store.queries.task(1, "T-1")?.status).toBe("DONE");
  });

  it("makes searching work again", () => {
    const store = filled();
    const which = { terms: ['"Which"'], all: true, project: null, limit: 5 };
    tamper(
      store,
      "DELETE FROM issues; DELETE FROM decisions; INSERT INTO decisions_fts(decisions_fts) VALUES ('delete-all'); INSERT INTO issues_fts(issues_fts) VALUES ('delete-all')",
    );
    expect(store.queries.searchDecisions(which)).toEqual([]);
    expect(store.rebuild().equal).toBe(false);
    expect(store.queries.searchDecisions(which)).toHaveLength(1);
    expect(store.queries.searchIssueWords(['"queue_sort"'], 5)).toHaveLength(1);
  });

  it("leaves the store writable, with nothing left behind", () => {
    const store = filled();
    store.rebuild();
    store.append([taskStarted("T-2")]);
    expect(store.queries.task(1, "T-2")?.status).toBe("IN_PROGRESS");
    expect(temporaryStore({ path: store.path }).queries.task(1, "T-2")?.status).toBe("IN_PROGRESS");
  });
});
