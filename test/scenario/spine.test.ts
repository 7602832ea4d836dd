import { afterEach, expect, it } from "vitest";
import { cycleStream } from "../../src/crew/state/records.js";
import type { AnyEvent } from "../../src/schema/event.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Write the notes
phases:
  - id: write
    tasks:
      - id: N-1
        title: Write the first note
        owner: implementer
        files: { write: [notes/one.md] }
  - id: later
    tasks:
      - id: N-2
        title: Write the second note
        owner: implementer
        needs: [N-1]
        files: { write: [notes/two.md] }
`;

const SCRIPT = `apiVersion: worknode/v1
kind: Script
replies:
  "-:plan-review:1":
    - tools: [{ name: submit_plan_review, input: { decision: ACCEPT, risks: [] } }]
  "N-1:work:1":
    - tools: [{ name: Write, input: { file_path: README.md, content: "mine" } }]
    - tools: [{ name: Write, input: { file_path: notes/two.md, content: "later" } }]
    - tools:
        - { name: Write, input: { file_path: notes/one.md, content: "one\\n" } }
        - { name: Read, input: { file_path: notes/one.md } }
    - tools: [{ name: submit_result, input: { summary: wrote it } }]
    - tools: [{ name: Edit, input: { file_path: notes/one.md, old_string: one, new_string: ONE } }]
    - tools: [{ name: submit_result, input: { summary: wrote it in capitals } }]
  "N-1:critic:1":
    - tools: [{ name: submit_verdict, input: { decision: REJECT, feedback: "notes/one.md: write it in capitals" } }]
  "N-1:critic:2":
    - tools: [{ name: submit_verdict, input: { decision: ACCEPT } }]
  "N-2:work:1":
    - tools: [{ name: Write, input: { file_path: notes/two.md, content: "two\\n" } }]
      faults: [{ type: cut, afterEvents: 3 }]
    - tools: [{ name: submit_result, input: { summary: wrote it } }]
  "N-2:critic:1":
    - tools: [{ name: submit_verdict, input: { decision: ACCEPT } }]
`;

it("runs a plan from review to merged branch, denying what reaches outside and reworking what is rejected", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const server = await scripted(repo, SCRIPT);
  const result = await run(repo);
  await server.close();
  expect(result).toMatchObject({ exitCode: 0, cycle: 1 });
  expect(repo.git("show", "worknode/notes/1:notes/one.md")).toBe("ONE\n");
  expect(repo.git("show", "worknode/notes/1:notes/two.md")).toBe("two\n");
  expect(repo.git("status", "--porcelain", "README.md", "notes")).toBe("");
  const store = repo.store();
  const violations = store.events({ type: "SECURITY_VIOLATION" }).map((event) => event.payload);
  expect(violations).toMatchObject([
    { code: "ERROR_PLAN_VIOLATION", message: "File not in agent's assigned scope" },
    { code: "ERROR_PLAN_VIOLATION", message: "Attempting to modify future phase" },
  ]);
  expect(store.verify()).toMatchObject({ ok: true });
  expect(store.rebuild()).toMatchObject({ equal: true });
  store.close();
  expect(server.repeatedWholeReplies()).toEqual([]);
});

it("shows its own cycle's events, and none of a cycle that another process runs in the same repository", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const server = await scripted(repo, SCRIPT);
  const other = repo.store();
  const shown: AnyEvent[] = [];
  await run(repo, "plan.yaml", (event) => {
    shown.push(event);
    if (event.type !== "TASK_STARTED") return;
    const said = { severity: "info", message: "elsewhere", to: "executive" } as const;
    const place = { stream: cycleStream(2), actor: "worknode", task: null, execution: null };
    other.append([{ type: "ALERT", ...place, run: 2, payload: said }]);
  });
  await server.close();
  expect(other.events({ run: 2 }).length).toBeGreaterThan(0);
  expect(shown.map(({ seq }) => seq)).toEqual(other.events({ run: 1 }).map(({ seq }) => seq));
  other.close();
});
