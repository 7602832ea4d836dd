import { describe, expect, it } from "vitest";
import { createIssue, resolveIssue, searchIssues } from "../../../src/memory/issues.js";
import { matchPattern } from "../../../src/memory/pattern-match.js";
import { findKnownFix } from "../../../src/memory/similar-issues.js";
import type { Issue } from "../../../src/schema/memory.js";
import type { Store } from "../../../src/store/store.js";
import { temporaryStore } from "../store/sample-events.js";

/** The sources' own example (S3:318-328). */
const QUEUE: Issue = {
  type: "COMPILATION_ERROR",
  error: "undefined reference to queue_sort_by_hlc",
  file: "src/events/event_loop.c",
  solution: {
    fix: "Add queue_sort_by_hlc() declaration to event_queue.h",
    root_cause: "Missing header declaration",
    patch: "void queue_sort_by_hlc(EventQueue* queue);",
  },
  resolved: true,
};

async function errorsOf(store: Store, search: Parameters<typeof searchIssues>[1]): Promise<string[]> {
  const found = await searchIssues(store, search);
  if (!found.ok) throw found.error;
  return found.value.map(({ error }) => error);
}

describe("issues", () => {
  it("are read back as recorded, and found by the sources' pattern", async () => {
    const store = temporaryStore();
    const created = createIssue(store, QUEUE);
    expect(created).toMatchObject({ ok: true, value: { ...QUEUE, count: 1 } });
    createIssue(store, { type: "E", error: "undefined reference to stack_push", resolved: true });
    createIssue(store, { type: "E", error: "undefined reference to queue_open", resolved: false });
    const found = await searchIssues(store, { error_pattern: /undefined reference to queue_/, resolved: true });
    expect(found).toMatchObject({ ok: true, value: [QUEUE] });
  });

  it("count up when the same error comes again, and keep a fix once known", () => {
    const store = temporaryStore();
    const first = createIssue(store, QUEUE);
    const again = createIssue(store, { type: QUEUE.type, error: QUEUE.error, file: "src/other.c", resolved: false });
    if (!first.ok || !again.ok) throw new Error("refused");
    expect(again.value).toMatchObject({
      id: first.value.id,
      count: 2,
      resolved: true,
      solution: QUEUE.solution,
      file: "src/other.c",
    });
  });

  it("are offered with their fix on the same error from another place", () => {
    const store = temporaryStore();
    createIssue(store, { ...QUEUE, error: "src/events/event_loop.c:212:9: undefined reference to queue_sort_by_hlc" });
    const elsewhere = "/tmp/build-9/src/events/event_loop.c:7: undefined reference to queue_sort_by_hlc";
    expect(findKnownFix(store, QUEUE.type, elsewhere)?.solution).toEqual(QUEUE.solution);
    expect(findKnownFix(store, "OTHER", elsewhere)).toBeUndefined();
    createIssue(store, { type: "OTHER", error: elsewhere, resolved: false });
    expect(findKnownFix(store, "OTHER", elsewhere)).toBeUndefined();
  });

  it("take a fingerprint that is given", () => {
    const store = temporaryStore();
    createIssue(store, { ...QUEUE, fingerprint: "mine" });
    expect(createIssue(store, { ...QUEUE, error: "said otherwise", fingerprint: "mine" })).toMatchObject({
      ok: true,
      value: { count: 2 },
    });
  });

  it("that do not fit are refused", () => {
    const store = temporaryStore();
    const refused = { ok: false, error: { code: "INVALID_ISSUE", exitCode: 2 } };
    for (const error of ["", " \t\n"]) expect(createIssue(store, { ...QUEUE, error })).toMatchObject(refused);
    const solution = { fix: "  ", root_cause: "" };
    expect(createIssue(store, { ...QUEUE, resolved: true, solution })).toMatchObject(refused);
    expect(store.events({})).toEqual([]);
    const issue = createIssue(store, QUEUE);
    expect(resolveIssue(store, { id: issue.ok ? issue.value.id : "", solution })).toMatchObject(refused);
  });

  it("are found by words, a misspelt identifier included, and known fixes come first", async () => {
    const store = temporaryStore();
    createIssue(store, { type: "E", error: "queue full in event_loop", resolved: false });
    createIssue(store, QUEUE);
    createIssue(store, { type: "E", error: "permission denied", resolved: false });
    expect(await errorsOf(store, { query: "undefined reference to queue_sort_by_hlc" })).toEqual([QUEUE.error]);
    expect((await errorsOf(store, { query: "queue_srot_by_hlc" }))[0]).toBe(QUEUE.error);
    expect(await errorsOf(store, { query: "zzz" })).toEqual([]);
    expect(await errorsOf(store, { query: "???" })).toEqual([]);
    expect(await errorsOf(store, {})).toEqual(["permission denied", QUEUE.error, "queue full in event_loop"]);
    expect(await errorsOf(store, { resolved: false, limit: 1 })).toEqual(["permission denied"]);
    expect(await errorsOf(store, { query: "queue_sort_by_hlc", resolved: false })).toEqual([]);
  });

  it("rank the very same error first, then those of the same file", async () => {
    const store = temporaryStore();
    createIssue(store, { type: "E", error: "broken pipe in worker one", file: "src/a.c", resolved: false });
    createIssue(store, { type: "E", error: "broken pipe in worker two", file: "src/b.c", resolved: false });
    createIssue(store, { type: "E", error: "broken pipe in worker 7", resolved: false });
    expect((await errorsOf(store, { query: "broken pipe in worker", file: "src/a.c" }))[0]).toBe(
      "broken pipe in worker one",
    );
    expect((await errorsOf(store, { type: "E", query: "broken pipe in worker 9" }))[0]).toBe("broken pipe in worker 7");
  });
});

describe("known fixes", () => {
  it("come before open issues that match as well", async () => {
    const store = temporaryStore();
    createIssue(store, { type: "E", error: "disk quota reached in shard_one", resolved: true });
    createIssue(store, { type: "E", error: "disk quota reached in shard_two", resolved: false });
    const found = await errorsOf(store, { query: "disk quota reached" });
    expect(found).toEqual(["disk quota reached in shard_one", "disk quota reached in shard_two"]);
  });
});

describe("a caller's pattern", () => {
  it("is stopped when it would take for ever, with a clear message", async () => {
    const result = await matchPattern(/^(a+)+$/, [`${"a".repeat(40)}!`], 200);
    expect(result).toMatchObject({ ok: false, error: { code: "PATTERN_TIMEOUT", exitCode: 2 } });
    expect(result.ok ? "" : result.error.message).toContain("longer than 200 ms");
  });

  it("reaches the caller of searchIssues as a value", async () => {
    const store = temporaryStore();
    createIssue(store, { ...QUEUE, error: `${"a".repeat(40)}!` });
    expect(await searchIssues(store, { error_pattern: /^(a+)+$/ })).toMatchObject({
      ok: false,
      error: { code: "PATTERN_TIMEOUT" },
    });
  });

  it("keeps its flags but not its memory of the last match", async () => {
    expect(await matchPattern(/QUEUE/gi, ["a queue", "a queue", "none"])).toEqual({ ok: true, value: [0, 1] });
    expect(await matchPattern(/x/y, ["ax"])).toEqual({ ok: true, value: [0] });
  });

  it("that the worker cannot run is a fault, not a crash", async () => {
    const odd = { source: "(", flags: "" } as RegExp;
    expect(await matchPattern(odd, ["a"])).toMatchObject({ ok: false, error: { code: "PATTERN_FAILED" } });
  });
});
