import { afterEach, describe, expect, it } from "vitest";
import { runPlan } from "../../src/crew/cycle/session.js";
import type { AnyEvent } from "../../src/schema/event.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: own
title: Calls of worknode's own
phases:
  - id: build
    tasks:
      - { id: A, title: Note, owner: implementer, files: { write: [A.md] } }
`;

/** Runs the plan; `onEvent` sees each event as it is recorded. */
async function runWith(repo: Repo, mode: "off" | "enforced", onEvent: (event: AnyEvent) => void = () => {}) {
  const server = await scripted(repo, scriptOf({ "A:work:1": [write("A.md"), submit] }));
  const given = { cwd: repo.dir, env: repo.env, planPath: "plan.yaml", yes: true, inputs: {}, includeWip: false };
  try {
    return await runPlan({ ...given, signal: new AbortController().signal, mode, onEvent });
  } finally {
    await server.close();
  }
}

describe("what worknode does itself goes the one way there is", () => {
  it("a merge that is approved when the run is killed is not made", async () => {
    const ground = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
    repo = ground;
    const killAtMerge = ({ type, execution }: AnyEvent): void => {
      if (type !== "VERDICT" || !execution?.includes(":task.merge:")) return;
      const store = ground.store();
      const by = { os_user: "t", git_email: null };
      const place = { stream: "project", actor: "t", run: 0, task: null, execution: null };
      store.append([{ type: "KILLED", ...place, payload: { epoch: store.epoch() + 1, by } }]);
      store.close();
    };
    expect((await runWith(repo, "enforced", killAtMerge)).exitCode).toBe(130);
    expect(ground.git("rev-parse", "worknode/own/1")).toBe(ground.git("rev-parse", "main"));
    const merges = eventsOf(repo).filter(({ execution }) => execution?.includes(":task.merge:"));
    expect(merges.map(({ type }) => type)).toEqual(["PROPOSAL", "VERDICT"]);
  });

  it("in a rehearsal nothing is merged, and the log says so", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
    expect((await runWith(repo, "off")).exitCode).toBe(0);
    const events = eventsOf(repo);
    expect(of(events, "TASK_MERGED")).toEqual([]);
    const results = of(events, "TOOL_RESULT").filter(({ execution }) => execution?.includes(":task.merge:"));
    expect(results.map(({ payload }) => payload.content)).toEqual(["rehearsed"]);
    expect(of(events, "EVENT_TASK_COMPLETED").map(({ payload }) => payload.commit)).toEqual([null]);
  });

  it("a fault of its own call is on record as the call's result: its outcome is known", async () => {
    const ground = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
    repo = ground;
    const checkOutAtMerge = ({ type, execution }: AnyEvent): void => {
      if (type === "VERDICT" && execution?.includes(":task.merge:"))
        ground.git("checkout", "-q", "-f", "worknode/own/1"); // a branch that is checked out is not moved
    };
    await runWith(repo, "enforced", checkOutAtMerge).catch(() => undefined);
    const merges = eventsOf(repo).filter(({ execution }) => execution?.includes(":task.merge:"));
    const [result] = of(merges, "TOOL_RESULT");
    expect(result?.payload).toMatchObject({
      is_error: true,
      content: expect.stringMatching(/^failed \(BRANCH_CHECKED_OUT\): /),
    });
  });
});
