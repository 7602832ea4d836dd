import { existsSync, statSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { BLOB_THRESHOLD_CHARS } from "../../../src/kernel/bounds.js";
import { openStore } from "../../../src/store/store.js";
import {
  cycleStarted,
  effectKept,
  event,
  executionEnded,
  fixedClock,
  modelRequest,
  modelResponse,
  NOW_MS,
  taskStarted,
  temporaryStore,
  toolResult,
} from "./sample-events.js";

function note(text: string, place = {}) {
  return event("ALERT", { severity: "info", message: text, to: "executive" }, place);
}

describe("the event log", () => {
  it("gives back what was appended, numbered, stamped and chained", () => {
    const store = temporaryStore();
    const written = store.append([note("one"), note("two")]);
    expect(written.map(({ seq, id }) => [seq, id])).toEqual([
      [1, "ev_1"],
      [2, "ev_2"],
    ]);
    expect(written[0]?.prev_hash).toBe("");
    expect(written[1]?.prev_hash).toBe(written[0]?.hash);
    expect(written[0]?.hlc.startsWith(new Date(NOW_MS).toISOString())).toBe(true);
    expect(store.events({})).toEqual(written);
  });

  it("stamps later events later although the clock goes back", () => {
    const clock = fixedClock();
    const store = temporaryStore({ clock });
    const [first] = store.append([note("one")]);
    clock.advance(-3_600_000);
    const [second] = store.append([note("two")]);
    expect((second?.hlc ?? "") > (first?.hlc ?? "")).toBe(true);
  });

  it("uses its own name in stamps unless it is given one", () => {
    const [own] = temporaryStore().append([note("one")]);
    const [given] = temporaryStore({ node: "desk" }).append([note("one")]);
    expect(own?.node).toMatch(/^n_[0-9a-f]{10}$/);
    expect(given?.hlc.endsWith("-desk")).toBe(true);
  });

  it("keeps a long text once and gives it back whole", () => {
    const store = temporaryStore();
    const text = "x".repeat(BLOB_THRESHOLD_CHARS + 1);
    store.append([note(text), note(text)]);
    expect(store.events({}).map((each) => (each.payload as { message: string }).message)).toEqual([text, text]);
    const raw = new Database(store.path, { readonly: true });
    expect(raw.prepare("SELECT count(*) FROM blobs").pluck().get()).toBe(1);
    expect(raw.prepare("SELECT payload FROM events WHERE seq = 1").pluck().get()).not.toContain("xxx");
    raw.close();
  });

  it("does not take a member named $blob for a reference", () => {
    const store = temporaryStore();
    const outputs = { $blob: "not a hash", $$blob: "nor this", plain: "y".repeat(BLOB_THRESHOLD_CHARS + 1) };
    store.append([event("TASK_OUTPUTS", { outputs })]);
    expect(store.events({}).map(({ payload }) => payload)).toEqual([{ outputs }]);
  });

  it("chooses events by stream, type, cycle, task, execution and number", () => {
    const store = temporaryStore();
    store.append([
      cycleStarted(1, [{ id: "T-1" }]),
      taskStarted("T-1"),
      note("a", { task: "T-1", execution: "1:T-1:work:1:1" }),
      cycleStarted(2, []),
      note("b", { run: 2 }),
    ]);
    const seqs = (filter: Parameters<typeof store.events>[0]) => store.events(filter).map(({ seq }) => seq);
    expect(seqs({ stream: "task:1:T-1" })).toEqual([2]);
    expect(seqs({ type: "ALERT" })).toEqual([3, 5]);
    expect(seqs({ type: ["ALERT", "TASK_STARTED"] })).toEqual([2, 3, 5]);
    expect(seqs({ run: 2 })).toEqual([4, 5]);
    expect(seqs({ run: 7 })).toEqual([]);
    expect(seqs({ task: "T-1" })).toEqual([2, 3]);
    expect(seqs({ execution: "1:T-1:work:1:1" })).toEqual([3]);
    expect(seqs({ afterSeq: 3 })).toEqual([4, 5]);
    expect(seqs({ reverse: true, limit: 2 })).toEqual([5, 4]);
    expect([...store.iterate(3)].map(({ seq }) => seq)).toEqual([4, 5]);
  });

  it("survives closing and opening again", () => {
    const store = temporaryStore();
    store.append([cycleStarted(1, [{ id: "T-1" }])]);
    store.close();
    const again = temporaryStore({ path: store.path });
    expect(again.queries.cycle(1)?.title).toBe("Demo plan");
    expect(again.append([note("next")])[0]?.seq).toBe(2);
    expect(again.verify()).toEqual({ ok: true, events: 2 });
  });

  it("reads without writing when asked to", () => {
    const store = temporaryStore();
    store.append([note("one")]);
    const reader = temporaryStore({ path: store.path, readonly: true });
    expect(reader.events({})).toHaveLength(1);
    expect(() => reader.append([note("two")])).toThrowError(expect.objectContaining({ code: "STORE_READONLY" }));
  });
});

describe("what may be recorded once", () => {
  const pairs = [
    ["MODEL_RESPONSE", () => [modelRequest("r1"), modelResponse("r1")], () => modelResponse("r1")],
    ["MODEL_REQUEST", () => [modelRequest("r1"), modelResponse("r1")], () => modelRequest("r1")],
    ["EFFECT_KEPT", () => [effectKept("1:T-1:work:1:1", "T-1")], () => effectKept("1:T-1:work:1:1", "T-1")],
    ["TOOL_RESULT", () => [toolResult("1:T-1:work:1:1", "T-1")], () => toolResult("1:T-1:work:1:1", "T-1")],
    ["EXECUTION_ENDED", () => [executionEnded("1:T-1:work:1:1", "T-1")], () => executionEnded("1:T-1:work:1:1", "T-1")],
    [
      "EFFECT_DISCARDED",
      () => [effectKept("1:T-1:work:1:1", "T-1")],
      () => event("EFFECT_DISCARDED", { call_id: "1:T-1:work:1:1", changes: [], refused: [], reason: "no" }),
    ],
    ["DECISION_RECORDED", () => [decision()], () => decision()],
  ] as const;

  function decision() {
    const words = { question: "q", decision: "d", rationale: "r", alternatives_rejected: [] };
    return event("DECISION_RECORDED", { id: "D-1", ...words, made_by: "me", timestamp: 1, confidence: 0.5 });
  }

  it.each(pairs)("refuses a second %s, and nothing of that append stays", (_type, first, second) => {
    const store = temporaryStore();
    store.append(first());
    const before = store.events({}).length;
    expect(() => store.append([note("beside it"), second()])).toThrowError(
      expect.objectContaining({ code: "DUPLICATE_EVENT" }),
    );
    expect(store.events({})).toHaveLength(before);
    expect(store.verify().ok).toBe(true);
  });

  it("lets a discarded call be kept when it runs again", () => {
    const store = temporaryStore();
    const id = "1:T-1:work:1:1";
    store.append([
      event("EFFECT_DISCARDED", { call_id: id, changes: [], refused: [], reason: "no" }),
      effectKept(id, "T-1"),
    ]);
    expect(store.queries.execution(id)?.effect).toBe("kept");
  });
});

describe("transactions", () => {
  it("keep all or nothing", () => {
    const store = temporaryStore();
    expect(() =>
      store.transaction(() => {
        store.append([note("lost")]);
        throw new Error("stop");
      }),
    ).toThrowError("stop");
    expect(store.events({})).toEqual([]);
    expect(store.append([note("kept")])[0]?.seq).toBe(1);
  });

  it("undo only the inner part when the outer one goes on", () => {
    const store = temporaryStore();
    const told: string[] = [];
    store.subscribe((events) => told.push(...events.map(({ payload }) => (payload as { message: string }).message)));
    store.transaction(() => {
      store.append([note("outer")]);
      expect(() =>
        store.transaction(() => {
          store.append([note("inner")]);
          throw new Error("stop");
        }),
      ).toThrowError("stop");
      store.append([note("after")]);
    });
    expect(told).toEqual(["outer", "after"]);
    expect(store.verify()).toEqual({ ok: true, events: 2 });
  });

  it("answer what the work answers", () => {
    expect(temporaryStore().transaction(() => 42)).toBe(42);
  });
});

describe("authority", () => {
  it("starts at epoch 0 and follows kills and revocations made here", () => {
    const store = temporaryStore();
    expect(store.epoch()).toBe(0);
    expect(store.authority().isRevoked(["cap_1"])).toBe(false);
    store.append([
      event("KILLED", { epoch: 1, by: { os_user: "me", git_email: null } }),
      event("CAPABILITY_REVOKED", { id: "cap_1", reason: "terminated" }),
    ]);
    expect(store.epoch()).toBe(1);
    expect(store.authority().isRevoked(["other", "cap_1"])).toBe(true);
    expect(store.authority().isRevoked(["other"])).toBe(false);
  });

  it("follows those made by another connection at once", () => {
    const store = temporaryStore();
    expect(store.authority().isRevoked(["cap_1"])).toBe(false);
    const other = temporaryStore({ path: store.path });
    other.append([
      event("CAPABILITY_REVOKED", { id: "cap_1", reason: "x" }),
      event("KILLED", { epoch: 3, by: { os_user: "me", git_email: null } }),
    ]);
    expect(store.authority().isRevoked(["cap_1"])).toBe(true);
    expect(store.epoch()).toBe(3);
  });

  it("never lowers the epoch", () => {
    const store = temporaryStore();
    const by = { os_user: "me", git_email: null };
    store.append([event("KILLED", { epoch: 4, by }), event("KILLED", { epoch: 2, by })]);
    expect(store.epoch()).toBe(4);
  });

  it("forgets a kill that was rolled back", () => {
    const store = temporaryStore();
    expect(() =>
      store.transaction(() => {
        store.append([event("CAPABILITY_REVOKED", { id: "cap_1", reason: "x" })]);
        expect(store.authority().isRevoked(["cap_1"])).toBe(true);
        throw new Error("stop");
      }),
    ).toThrowError("stop");
    expect(store.authority().isRevoked(["cap_1"])).toBe(false);
  });
});

describe("opening", () => {
  it("refuses a newer database, unchanged, and says what to do", () => {
    const store = temporaryStore();
    store.close();
    const raw = new Database(store.path);
    raw.pragma("user_version = 99");
    raw.close();
    let fault: unknown;
    try {
      openStore(store.path);
    } catch (thrown) {
      fault = thrown;
    }
    expect(fault).toMatchObject({ code: "STORE_NEWER", exitCode: 2 });
    expect(String(fault)).toMatch(/version 99; this worknode knows versions up to \d+\..*Install a newer worknode/s);
  });

  it("refuses garbage and leaves it as it is", () => {
    const store = temporaryStore();
    store.close();
    writeFileSync(store.path, "this is no database, however long it may be ".repeat(100));
    expect(() => openStore(store.path)).toThrowError(expect.objectContaining({ code: "STORE_CORRUPT", exitCode: 2 }));
  });

  it("refuses a database of another program", () => {
    const store = temporaryStore();
    store.close();
    const other = `${store.path}.other`;
    const raw = new Database(other);
    raw.exec("CREATE TABLE t (a)");
    raw.close();
    expect(() => openStore(other)).toThrowError(expect.objectContaining({ code: "STORE_CORRUPT", exitCode: 2 }));
  });

  it("says that there is none when only reading, and makes none", () => {
    const store = temporaryStore();
    store.close();
    const missing = `${store.path}.missing`;
    expect(() => openStore(missing, { readonly: true })).toThrowError(
      expect.objectContaining({ code: "STORE_MISSING", exitCode: 2 }),
    );
    expect(existsSync(missing)).toBe(false);
  });

  it("says of an empty file that it is there, and does not fill it when only reading", () => {
    const store = temporaryStore();
    store.close();
    const empty = `${store.path}.empty`;
    writeFileSync(empty, "");
    expect(() => openStore(empty, { readonly: true })).toThrowError(
      expect.objectContaining({
        code: "STORE_EMPTY",
        exitCode: 2,
        message: expect.stringContaining("is there but empty"),
      }),
    );
    expect(statSync(empty).size).toBe(0);
    openStore(empty).close();
    openStore(empty, { readonly: true }).close();
  });
});
