import { describe, expect, it } from "vitest";
import { eventLineSchema } from "../../../src/schema/event.js";
import { describeEvent, eventLine } from "../../../src/store/lines.js";
import { cycleStarted, event, proposed, temporaryStore } from "./sample-events.js";

describe("lines of the log", () => {
  it("fit the published schema and hold no more", () => {
    const [stored] = temporaryStore().append(proposed("1:T-1:work:1:1", "T-1"));
    if (stored === undefined) throw new Error("nothing stored");
    const line = eventLine(stored);
    expect(eventLineSchema.strict().parse(line)).toEqual(line);
    expect(line).toMatchObject({ seq: 1, id: "ev_1", type: "PROPOSAL", execution: "1:T-1:work:1:1" });
  });

  it("say for people what happened where, in one line", () => {
    const alert = event("ALERT", { severity: "critical", message: "two\nlines", to: "executive" }, { task: "T-1" });
    const [stored] = temporaryStore().append([alert]);
    if (stored === undefined) throw new Error("nothing stored");
    expect(describeEvent(stored)).toBe(
      '1  2026-01-02 03:04:05  ALERT  implementer  T-1  message="two\\nlines" severity=critical to=executive',
    );
  });

  it("leave long texts out and are cut", () => {
    const [started] = temporaryStore().append([cycleStarted(1, [{ id: "T-1" }], { title: "long ".repeat(100) })]);
    if (started === undefined) throw new Error("nothing stored");
    const line = describeEvent(started);
    expect(line).not.toContain("a plan is long");
    expect(line.length).toBeLessThan(230);
    expect(line.endsWith("…")).toBe(true);
  });

  it("show lists by their length and leave out what is empty", () => {
    const [stored] = temporaryStore().append([event("PLAN_STALLED", { cycle: 1, blocked: ["a", "b"] })]);
    const [empty] = temporaryStore().append([event("PLAN_STALLED", { cycle: 1, blocked: [] })]);
    if (stored === undefined || empty === undefined) throw new Error("nothing stored");
    expect(describeEvent(stored).endsWith("cycle=1 blocked=[2]")).toBe(true);
    expect(describeEvent(empty).endsWith("-  cycle=1")).toBe(true);
  });
});
