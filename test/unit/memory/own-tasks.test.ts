import { describe, expect, it } from "vitest";
import { projectBrief, renderBrief } from "../../../src/memory/brief.js";
import { suggestEstimate } from "../../../src/memory/learning.js";
import { createNote } from "../../../src/memory/notes.js";
import { addTask, claimTask, finishTask } from "../../../src/memory/own-tasks.js";
import { pm_get_status, pm_set_deadline } from "../../../src/memory/project-management.js";
import { search } from "../../../src/memory/project-search.js";
import { renderReport, reportProject } from "../../../src/memory/report.js";
import { projectReportSchema } from "../../../src/schema/project-report.js";
import {
  cycleStarted,
  event,
  fixedClock,
  modelRequest,
  modelResponse,
  NOW_MS,
  temporaryStore,
} from "../store/sample-events.js";

const refused = (code: string) => ({ ok: false, error: { code, exitCode: 2 } });

describe("a task outside plans", () => {
  it("is claimed by one, worked on and done", () => {
    const store = temporaryStore();
    const claimed = claimTask(store, { task: "FIX-1", title: "Fix the login", by: "ann" });
    expect(claimed).toMatchObject({ ok: true, value: { cycle: 0, status: "IN_PROGRESS", agent: "ann" } });
    expect(claimTask(store, { task: "FIX-1", by: "ann" })).toMatchObject({ ok: true });
    expect(claimTask(store, { task: "FIX-1", by: "bob" })).toMatchObject(refused("TASK_CLAIMED"));
    expect(finishTask(store, { task: "FIX-1", by: "bob" })).toMatchObject(refused("TASK_CLAIMED"));
    expect(finishTask(store, { task: "FIX-1", summary: "reset the cookie", by: "ann" })).toMatchObject({
      ok: true,
      value: { status: "DONE", summary: "reset the cookie" },
    });
    expect(store.events({ type: "EVENT_TASK_COMPLETED" })).toHaveLength(1);
    expect(claimTask(store, { task: "FIX-1", by: "ann" })).toMatchObject(refused("TASK_DONE"));
    expect(finishTask(store, { task: "FIX-1", by: "ann" })).toMatchObject(refused("TASK_UNCLAIMED"));
    expect(finishTask(store, { task: "FIX-9", by: "ann" })).toMatchObject(refused("UNKNOWN_TASK"));
    expect(store.rebuild().equal).toBe(true);
  });

  it("waits for what it needs, and the first that can start is claimed without naming it", () => {
    const store = temporaryStore();
    expect(claimTask(store, { by: "ann" })).toMatchObject(refused("NO_TASK"));
    addTask(store, { id: "B", title: "Second", needs: ["A"] });
    addTask(store, { id: "A", title: "First" });
    expect(addTask(store, { id: "A", title: "Again" })).toMatchObject(refused("TASK_EXISTS"));
    expect(addTask(store, { id: "", title: "x" })).toMatchObject(refused("INVALID_TASK"));
    expect(addTask(store, { id: "C", title: " " })).toMatchObject(refused("INVALID_TASK"));
    expect(claimTask(store, { task: "B", by: "ann" })).toMatchObject(refused("TASK_WAITS"));
    expect(claimTask(store, { by: "ann" })).toMatchObject({ ok: true, value: { id: "A" } });
    finishTask(store, { task: "A", by: "ann" });
    expect(claimTask(store, { by: "ann" })).toMatchObject({ ok: true, value: { id: "B" } });
  });

  it("is no task of a plan: its agents do that one", () => {
    const store = temporaryStore();
    store.append([cycleStarted(1, [{ id: "T-1" }])]);
    expect(claimTask(store, { task: "T-1", by: "ann" })).toMatchObject(refused("PLAN_TASK"));
    expect(finishTask(store, { task: "T-1", by: "ann" })).toMatchObject(refused("PLAN_TASK"));
  });

  it("has deadlines, progress and a place in the answer to a session's question", () => {
    const store = temporaryStore();
    claimTask(store, { task: "FIX-1", title: "Fix the login", by: "ann" });
    expect(pm_set_deadline(store, { task: "FIX-1", deadline: NOW_MS })).toMatchObject({ ok: true });
    expect(search(store, { type: "PROJECT", assignee: "ann", status: "IN_PROGRESS" })).toMatchObject({
      ok: true,
      value: { current_task: "FIX-1: Fix the login", next_actions: ["Finish Fix the login"] },
    });
    expect(pm_get_status(store)).toMatchObject({ ok: false });
  });
});

describe("the brief of those who never ran a plan", () => {
  it("resumes their task, tells their notes, and ends when all is done", () => {
    const store = temporaryStore();
    expect(projectBrief(store)).toBeUndefined();
    createNote(store, { text: "The cookie is set twice.\nSee login.ts", paths: ["src/login.ts"] }, { actor: "bob" });
    expect(projectBrief(store)?.resume).toMatch(
      /^Resuming the work outside plans \(.*\)\. Last session completed nothing\. Next: Claim a task/,
    );
    claimTask(store, { task: "FIX-0", title: "Find it", by: "ann" });
    finishTask(store, { task: "FIX-0", by: "ann" });
    claimTask(store, { task: "FIX-1", title: "Fix the login", by: "ann" });
    expect(renderBrief(projectBrief(store) as never)).toBe(
      `Resuming FIX-1 (Fix the login). Last session completed FIX-0 (Find it). Next: Finish Fix the login. No blockers. Starting now...

Next actions:
- Finish Fix the login

Notes:
- The cookie is set twice. See login.ts [ev_1, bob]

Completed:
- FIX-0 (Find it)
`,
    );
  });

  it("is not there when a cycle ended and only its records are left", () => {
    const store = temporaryStore();
    createNote(store, { text: "x" });
    store.append([
      cycleStarted(1, [{ id: "T-1" }]),
      event("CYCLE_ENDED", { cycle: 1, status: "done", exit_code: 0, reason: "" }),
    ]);
    expect(projectBrief(store)).toBeUndefined();
    claimTask(store, { task: "FIX-1", by: "ann" });
    expect(projectBrief(store)?.task).toBe("FIX-1");
  });

  it("is of one task or one person where that is asked for", () => {
    const store = temporaryStore();
    store.append([
      cycleStarted(1, [
        { id: "T-1", owner: "implementer" },
        { id: "T-2", owner: "tester" },
      ]),
    ]);
    claimTask(store, { task: "FIX-1", by: "ann" });
    expect(projectBrief(store, { agent: "tester" })).toMatchObject({ task: "T-2", cycle: 1 });
    expect(projectBrief(store, { agent: "tester" })?.sections).toMatchObject([{ lines: ["Start T-2: Title of T-2"] }]);
    expect(projectBrief(store, { task: "FIX-1" })).toMatchObject({ task: "FIX-1", cycle: 0 });
    expect(projectBrief(store, { task: "T-1" })).toMatchObject({ task: "T-1", cycle: 1 });
    expect(projectBrief(store, { task: "nowhere" })).toBeUndefined();
  });

  it("refuses notes that do not fit", () => {
    for (const text of ["", "  \n"])
      expect(createNote(temporaryStore(), { text })).toMatchObject(refused("INVALID_NOTE"));
  });
});

describe("estimates", () => {
  it("are the given one times the median of actual by estimate, of the same kind where there are enough", () => {
    const clock = fixedClock();
    const store = temporaryStore({ clock });
    const HOURS = [2, 3, 4, 1, 6];
    for (const [index, hours] of HOURS.entries()) {
      addTask(store, { id: `D-${index}`, title: "x", estimate: 2 });
      claimTask(store, { task: `D-${index}`, by: "ann" });
      clock.advance(hours * 3_600_000);
      finishTask(store, { task: `D-${index}`, by: "ann" });
    }
    const learnt = suggestEstimate(store, { role: "ann", kind: "-", estimate: 10 });
    expect(learnt).toMatchObject({ ok: true, value: { role: "ann", kind: "-", ratio: 1.5, suggestion: 15, n: 5 } });
    expect(suggestEstimate(store, { role: "ann", kind: "build", estimate: 10 })).toMatchObject({
      ok: true,
      value: { kind: null, n: 5 },
    });
    expect(suggestEstimate(store, { role: "bob", estimate: 10 })).toEqual({ ok: true, value: null });
    for (const estimate of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(suggestEstimate(store, { role: "ann", estimate })).toMatchObject(refused("INVALID_ESTIMATE"));
    addTask(store, { id: "NEW", title: "Next", estimate: 4, owner: "ann" });
    claimTask(store, { task: "NEW", by: "ann" });
    const lessons = projectBrief(store)?.sections.find(({ heading }) => heading === "Lessons")?.lines;
    expect(lessons).toEqual(["Estimate 4, likely 6.0 h (× 1.50, n = 5 done by ann) [NEW]"]);
  });
});

describe("the report", () => {
  it("says what is done, next and in the way, and what it cost since", () => {
    const clock = fixedClock();
    const store = temporaryStore({ clock });
    claimTask(store, { task: "OLD", by: "ann" });
    finishTask(store, { task: "OLD", by: "ann" });
    clock.advance(48 * 3_600_000);
    store.append([cycleStarted(1, [{ id: "T-1" }]), modelRequest("r1"), modelResponse("r1", 0.25)]);
    claimTask(store, { task: "FIX-1", title: "Fix it", by: "ann" });
    finishTask(store, { task: "FIX-1", summary: "fixed", by: "ann" });
    const report = reportProject(store, { sinceMs: clock.nowMs() - 86_400_000, root: "/home/ann/app" });
    expect(projectReportSchema.parse(report)).toMatchObject({
      project: "/home/ann/app",
      cycle: { number: 1 },
      done: [{ task: "FIX-1", summary: "fixed", by: "ann" }],
      next: ["Start T-1: Title of T-1", expect.stringContaining("Claim a task")],
      blockers: [],
      cost: { usd: 0.25, tokens: 100, requests: 1 },
    });
    expect(renderReport(report)).toContain("## Done\n\n- FIX-1 (Fix it): fixed\n\n## In progress\n\nnone\n");
    const all = reportProject(store, { sinceMs: 0, root: "/" });
    expect(all.done.map(({ task }) => task)).toEqual(["OLD", "FIX-1"]);
  });
});
