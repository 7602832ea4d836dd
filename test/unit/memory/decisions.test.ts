import { describe, expect, it } from "vitest";
import { createDecision, searchDecisions, setDecisionStatus } from "../../../src/memory/decisions.js";
import type { Decision } from "../../../src/schema/memory.js";
import { temporaryStore } from "../store/sample-events.js";

/** The sources' own example (S3:288-299). */
const TECH_001: Decision = {
  id: "TECH-001",
  question: "Cap'n Proto vs Protocol Buffers?",
  decision: "Cap'n Proto C++ Wrapper",
  rationale: "Promise pipelining (5-15x latency reduction), zero-copy",
  alternatives_rejected: [{ option: "Protocol Buffers", reason: "No promise pipelining" }],
  made_by: "300IQ-Agent-TECH-001",
  timestamp: 1_731_369_600_000,
  confidence: 0.9,
};

describe("decisions", () => {
  it("are read back as recorded, found by an apostrophe, best first", () => {
    const store = temporaryStore();
    createDecision(store, {
      ...TECH_001,
      id: "TECH-000",
      question: "Which proto folder?",
      decision: "proto/",
      rationale: "short",
    });
    expect(createDecision(store, TECH_001)).toEqual({ ok: true, value: TECH_001 });
    expect(searchDecisions(store, { query: "Cap'n Proto", project: "Wave4-RPC" })).toEqual([TECH_001]);
    expect(store.events({}).at(-1)).toMatchObject({
      type: "DECISION_RECORDED",
      actor: "300IQ-Agent-TECH-001",
      stream: "project",
    });
  });

  it.each([
    ["a confidence above 1", { confidence: 1.1 }, /confidence/],
    ["a confidence below 0", { confidence: -0.1 }, /confidence/],
    ["an empty question", { question: "" }, /question/],
    ["a blank question", { question: "  " }, /question/],
    ["a blank decision", { decision: "\n" }, /decision/],
  ])("with %s are refused", (_what, wrong, message) => {
    const store = temporaryStore();
    const result = createDecision(store, { ...TECH_001, ...wrong });
    expect(result).toMatchObject({ ok: false, error: { code: "INVALID_DECISION", exitCode: 2 } });
    expect(result.ok ? "" : result.error.message).toMatch(message);
    expect(store.events({})).toEqual([]);
  });

  it("have an id of their own", () => {
    const store = temporaryStore();
    createDecision(store, TECH_001);
    expect(createDecision(store, TECH_001)).toMatchObject({ ok: false, error: { code: "DECISION_EXISTS" } });
  });

  it("replace one that exists, and only such a one", () => {
    const store = temporaryStore();
    createDecision(store, TECH_001);
    expect(createDecision(store, { ...TECH_001, id: "D-2", supersedes: "D-9" })).toMatchObject({
      ok: false,
      error: { code: "DECISION_UNKNOWN" },
    });
    createDecision(
      store,
      { ...TECH_001, id: "D-2", decision: "JSON", supersedes: "TECH-001" },
      { actor: "ann", cycle: 1, task: "T-1" },
    );
    expect(store.queries.decisions(null, 5).map(({ record }) => record.id)).toEqual(["D-2"]);
    expect(searchDecisions(store, { query: "wrapper" })).toHaveLength(1);
    expect(store.queries.taskDecisions(1, "T-1", 5)).toHaveLength(1);
  });

  it("are accepted, rejected or deprecated later, and rebuilt so; what they say and who changed them stays", () => {
    const store = temporaryStore();
    createDecision(store, { ...TECH_001, status: "proposed" });
    const accepted = setDecisionStatus(
      store,
      { id: "TECH-001", status: "accepted", reason: "tried" },
      { actor: "ann" },
    );
    expect(accepted).toEqual({ ok: true, value: { ...TECH_001, status: "accepted" } });
    expect(searchDecisions(store, { query: "proto" })).toEqual([{ ...TECH_001, status: "accepted" }]);
    expect(setDecisionStatus(store, { id: "TECH-001", status: "accepted" })).toMatchObject({ ok: true });
    expect(store.events({})).toHaveLength(2);
    expect(store.events({}).at(-1)).toMatchObject({
      type: "DECISION_STATUS_SET",
      actor: "ann",
      payload: { id: "TECH-001", status: "accepted", reason: "tried", by: "ann" },
    });
    expect(store.rebuild()).toMatchObject({ equal: true });
    expect(searchDecisions(store, { query: "proto" })).toMatchObject([{ status: "accepted" }]);
  });

  it("change how they stand only where they are there and not replaced", () => {
    const store = temporaryStore();
    createDecision(store, TECH_001);
    createDecision(store, { ...TECH_001, id: "D-2", supersedes: "TECH-001" });
    const change = (id: string, status: string): unknown =>
      setDecisionStatus(store, { id, status: status as "accepted" });
    expect(change("D-9", "accepted")).toMatchObject({ ok: false, error: { code: "DECISION_UNKNOWN", exitCode: 2 } });
    expect(change("TECH-001", "deprecated")).toMatchObject({ ok: false, error: { code: "DECISION_SUPERSEDED" } });
    expect(change("D-2", "superseded")).toMatchObject({ ok: false, error: { code: "INVALID_DECISION" } });
    expect(store.events({})).toHaveLength(2);
  });

  it("are narrowed by project, and found by any word when none has all", () => {
    const store = temporaryStore();
    createDecision(store, { ...TECH_001, project: "Wave4-RPC" });
    createDecision(store, { ...TECH_001, id: "D-2", project: "other" });
    const ids = (search: Parameters<typeof searchDecisions>[1]) => searchDecisions(store, search).map(({ id }) => id);
    expect(ids({ query: "proto", project: "Wave4-RPC" })).toEqual(["TECH-001"]);
    expect(ids({ query: "proto unheardof", project: "other" })).toEqual(["D-2"]);
    expect(ids({ query: "unheardof" })).toEqual([]);
    expect(ids({ query: "  " })).toEqual(["D-2", "TECH-001"]);
    expect(ids({ query: "proto", limit: 1 })).toHaveLength(1);
  });

  it.each(['"', "a AND", "NEAR(", "x* OR", "col:proto", "--", "(((", "'"])(
    "are searched by %s without a syntax error",
    (query) => {
      const store = temporaryStore();
      createDecision(store, TECH_001);
      expect(() => searchDecisions(store, { query })).not.toThrow();
    },
  );

  it.each([
    ["Chinese", "我们选择了队列传输层", "队列"],
    ["Japanese", "キューの転送を選びました", "転送"],
    ["Thai", "เราเลือกคิวสำหรับการขนส่ง", "คิว"],
    ["Korean", "전송 계층을 선택했다", "전송"],
    ["Arabic", "اخترنا طبقة النقل", "النقل"],
    ["Hindi", "हमने परिवहन परत चुनी", "परिवहन"],
    ["Greek, whatever its accents and case", "Επιλέξαμε τη μεταφορά", "ΜΕΤΑΦΟΡΑ"],
    ["Russian", "Мы выбрали очередь", "ОЧЕРЕДЬ"],
    ["Vietnamese, composed otherwise", "Chọn lớp truyền tải", "truyền".normalize("NFD")],
    ["full-width letters", "ＱＵＩＣ を使う", "quic"],
  ])("are found in %s", (_script, decision, query) => {
    const store = temporaryStore();
    createDecision(store, { ...TECH_001, id: "D-1", question: "?", decision, rationale: "" });
    createDecision(store, { ...TECH_001, id: "D-2" });
    expect(searchDecisions(store, { query }).map(({ id }) => id)).toEqual(["D-1"]);
  });

  it("are found by the alternatives they rejected, their paths and their id", () => {
    const store = temporaryStore();
    createDecision(store, { ...TECH_001, paths: ["src/network/rpc_types.c"] });
    for (const query of ["Buffers", "rpc_types", "tech-001"]) expect(searchDecisions(store, { query })).toHaveLength(1);
  });

  it("say when they are superseded, and cannot be replaced twice", () => {
    const store = temporaryStore();
    createDecision(store, TECH_001);
    createDecision(store, { ...TECH_001, id: "D-2", supersedes: "TECH-001" });
    const found = searchDecisions(store, { query: "wrapper" });
    expect(found.find(({ id }) => id === "TECH-001")).toMatchObject({ status: "superseded", superseded_by: "D-2" });
    expect(found.find(({ id }) => id === "D-2")).not.toHaveProperty("status");
    expect(createDecision(store, { ...TECH_001, id: "D-3", supersedes: "TECH-001" })).toMatchObject({
      ok: false,
      error: { code: "DECISION_SUPERSEDED" },
    });
  });

  it("with rare words come before those with common ones, however many newer ones there are", () => {
    const store = temporaryStore();
    createDecision(store, { ...TECH_001, id: "RARE", question: "Which zeppelin?", decision: "the common one" });
    store.transaction(() => {
      for (let index = 0; index < 300; index += 1)
        createDecision(store, { ...TECH_001, id: `C-${index}`, question: "common", decision: "common" });
    });
    expect(searchDecisions(store, { query: "common zeppelin", limit: 2 }).map(({ id }) => id)).toEqual(["RARE"]);
    expect(searchDecisions(store, { query: "common zeppelin unheardof", limit: 2 })[0]?.id).toBe("RARE");
  });
});
