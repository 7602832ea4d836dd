import { afterEach, expect, it } from "vitest";
import { continueRun } from "../../src/crew/cycle/session.js";
import { approvalId } from "../../src/crew/state/approval.js";
import { eventAt } from "../../src/crew/state/records.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const plan = (approval: string): string => `apiVersion: worknode/v1
kind: Plan
id: conf
title: Change the configuration
${approval}
phases:
  - id: write
    tasks:
      - { id: C-1, title: Name the package, owner: implementer, files: { write: [package.json] } }
`;

const script = (audit: string): string => `apiVersion: worknode/v1
kind: Script
replies:
  "-:plan-review:1":
    - tools: [{ name: submit_plan_review, input: { decision: ACCEPT, risks: [] } }]
  "C-1:work:1":
    - tools: [{ name: Write, input: { file_path: package.json, content: "{}\\n" } }]
    - tools: [{ name: submit_result, input: { summary: done } }]
  "C-1:audit:1":
    - tools: [{ name: submit_verdict, input: ${audit} }]
  "C-1:critic:1":
    - tools: [{ name: submit_verdict, input: { decision: ACCEPT } }]
`;

it("lets a risky call run only with an auditor's sign-off", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan("") });
  const server = await scripted(repo, script("{ decision: ACCEPT }"));
  const result = await run(repo);
  await server.close();
  expect(result).toMatchObject({ exitCode: 0 });
  expect(repo.git("show", "worknode/conf/1:package.json")).toBe("{}\n");
});

it("keeps a risky call out that the auditor rejects", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan("") });
  const server = await scripted(repo, script('{ decision: REJECT, feedback: "not this" }'));
  await run(repo);
  await server.close();
  const store = repo.store();
  expect(store.events({ type: "EFFECT_KEPT" })).toEqual([]);
  store.close();
});

it("parks a task until a person approves, survives the end of the process, and goes on", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan("approval: { humanReview: always }") });
  const server = await scripted(repo, script("{ decision: ACCEPT }"));
  const first = await run(repo);
  expect(first).toMatchObject({ exitCode: 6 });
  const store = repo.store();
  const [pending] = store.queries.pendingApprovals();
  expect(pending?.id).toBe(approvalId(1, pending?.proposal_hash ?? ""));
  const place = { stream: "project", actor: "ann", run: 1, task: "C-1" };
  for (const open of store.queries.pendingApprovals())
    store.append([
      eventAt(place, "APPROVAL_RESOLVED", {
        id: open.id,
        proposal_hash: open.proposal_hash,
        decision: "approved",
        by: "ann",
        identity: { os_user: "ann", git_email: null },
        reason: "seen",
      }),
    ]);
  store.close();
  const options = { cwd: repo.dir, env: repo.env, signal: new AbortController().signal, onEvent: () => {} };
  let last = await continueRun(options);
  for (let round = 0; round < 5 && last.exitCode === 6; round += 1) {
    const again = repo.store();
    for (const open of again.queries.pendingApprovals())
      again.append([
        eventAt(place, "APPROVAL_RESOLVED", {
          id: open.id,
          proposal_hash: open.proposal_hash,
          decision: "approved",
          by: "ann",
          identity: { os_user: "ann", git_email: null },
          reason: "seen",
        }),
      ]);
    again.close();
    last = await continueRun(options);
  }
  await server.close();
  expect(last).toMatchObject({ exitCode: 0 });
  expect(repo.git("show", "worknode/conf/1:package.json")).toBe("{}\n");
});
