import { describe, expect, it } from "vitest";
import { createTrigger } from "../../../src/memory/triggers.js";
import type { TriggerInput } from "../../../src/schema/trigger.js";
import { temporaryStore } from "../store/sample-events.js";

const DAILY: TriggerInput = {
  name: "Daily Code Review Agent",
  schedule: "CRON",
  cron: "0 9 * * *",
  action: {
    type: "SPAWN_AGENT",
    agent_config: {
      model: "claude-sonnet-4",
      role: "CODE_REVIEWER",
      auto_terminate: true,
      max_duration: 30 * 60 * 1000,
    },
  },
};
const FAILURES: TriggerInput = {
  name: "Compilation Failure Handler",
  type: "EVENT",
  event_type: "COMPILATION_FAILED",
  condition: { consecutive_failures: 2 },
  action: {
    type: "SPAWN_AGENT",
    agent_config: { role: "DEBUGGER", task: { analyze_error: true, search_similar_issues: true, attempt_fix: true } },
  },
};

describe("triggers", () => {
  it("of the sources are accepted, kept, and not active yet", () => {
    const store = temporaryStore();
    expect(createTrigger(store, DAILY)).toEqual({ ok: true, value: { name: DAILY.name, kind: "CRON", active: false } });
    expect(createTrigger(store, FAILURES)).toEqual({
      ok: true,
      value: { name: FAILURES.name, kind: "EVENT", active: false },
    });
    expect(store.queries.triggers().map(({ name, kind, trigger }) => [name, kind, trigger])).toEqual([
      [FAILURES.name, "EVENT", FAILURES],
      [DAILY.name, "CRON", DAILY],
    ]);
    expect(store.rebuild().equal).toBe(true);
  });

  it.each([
    "*/15 * * * *",
    "0 0 1 jan mon",
    "0,30 9-17 * * 1-5",
    "0 0 29 2 *",
    "0 0 31 1,2 *",
    "0 0 31 2 1",
    "5 4 1-7/2 * *",
  ])("may have the pattern %s", (cron) => {
    expect(createTrigger(temporaryStore(), { ...DAILY, cron, timezone: "Europe/Berlin" }).ok).toBe(true);
  });

  it.each([
    ["four fields", { cron: "0 9 * *" }, /five fields/],
    ["no pattern", { cron: undefined }, /five fields/],
    ["a minute that is none", { cron: "60 9 * * *" }, /"60".*not possible/],
    ["a range backwards", { cron: "0 17-9 * * *" }, /not possible/],
    ["a step of nothing", { cron: "*/0 * * * *" }, /not possible/],
    ["a word that is none", { cron: "0 9 * foo *" }, /not possible/],
    ["a day that never comes", { cron: "0 0 31 2 *" }, /never comes/],
    ["an unknown zone", { timezone: "Mars/Phobos" }, /time zone/],
    ["two kinds", { type: "EVENT" }, /differ/],
    ["no kind", { schedule: undefined }, /CRON, DEADLINE, EVENT or IDLE/],
    ["no event type", { schedule: "EVENT" }, /event_type/],
    ["a member nobody knows", { when: "soon" }, /when/i],
  ])("with %s are refused", (_what, wrong, message) => {
    const store = temporaryStore();
    const result = createTrigger(store, { ...DAILY, ...wrong } as TriggerInput);
    expect(result).toMatchObject({ ok: false, error: { code: "INVALID_TRIGGER", exitCode: 2 } });
    expect(result.ok ? "" : result.error.message).toMatch(message);
    expect(store.queries.triggers()).toEqual([]);
  });
});
