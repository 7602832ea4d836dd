import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answerOf, approvalId, requestApproval } from "../../../src/crew/state/approval.js";
import type { Crew } from "../../../src/crew/state/context.js";
import { parsePlan } from "../../../src/crew/state/plan-source.js";
import type { AnyNewEvent } from "../../../src/schema/event.js";
import { openStore, type Store } from "../../../src/store/store.js";

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: p
title: P
phases: [{ id: a, tasks: [{ id: A, title: Note, owner: implementer, files: { write: [A.md] } }] }]
`;
const DAY_MS = 24 * 60 * 60 * 1_000;
const HASH = "a".repeat(64);

describe("what waits for a person", () => {
  let dir: string;
  let store: Store;
  let nowMs: number;
  let crew: Crew;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "approval-"));
    store = openStore(join(dir, "w.db"));
    nowMs = 1_700_000_000_000;
    const { plan } = parsePlan(PLAN, "plan.yaml");
    const clock = { nowMs: () => nowMs, sleep: () => Promise.resolve() };
    crew = { store, clock, cycle: 1, plan, repository: { root: dir } } as unknown as Crew;
    const wish = {
      kind: "gate",
      task: "A",
      hash: HASH,
      message: "write A.md",
      require: ["human"],
      exclude: [],
    } as const;
    store.append(requestApproval(crew, wish).events);
  });
  afterEach(() => {
    store.close();
    rmSync(dir, { recursive: true });
  });

  function answer(decision: "approved" | "rejected", hash = HASH): void {
    const payload = { id: approvalId(1, HASH), proposal_hash: hash, decision, by: "ada", identity: null, reason: "" };
    const place = { stream: "task:1:A", actor: "ada", run: 1, task: "A", execution: null };
    store.append([{ type: "APPROVAL_RESOLVED", ...place, payload } as AnyNewEvent]);
  }

  it("is a rejection after a day in which nobody answered, not a moment before", () => {
    nowMs += DAY_MS - 1;
    expect(answerOf(crew, HASH, 1)).toBe("pending");
    nowMs += 1;
    expect(answerOf(crew, HASH, 1)).toBe("rejected");
  });

  it("stays answered as it was when the day is over", () => {
    answer("approved");
    nowMs += 2 * DAY_MS;
    expect(answerOf(crew, HASH, 1)).toBe("approved");
  });

  it("is not approved by an answer to what the proposal was before", () => {
    answer("approved", "b".repeat(64));
    expect(answerOf(crew, HASH, 1)).toBe("pending");
    expect(answerOf(crew, "b".repeat(64), 1)).toBe("pending");
  });

  it("waits longer, and is never approved, where the clock is put back", () => {
    nowMs -= 10 * DAY_MS;
    expect(answerOf(crew, HASH, 1)).toBe("pending");
  });
});
