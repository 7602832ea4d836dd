import { afterEach, describe, expect, it } from "vitest";
import { end, PLAN, spawn } from "./delegation-ground.js";
import { makeRepo, type Repo } from "./harness.js";
import { of, runScripted, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const TRIES = [
  spawn({ files: ["notes/a.md"] }),
  end("implementer-1"),
  end("implementer-1"),
  end("implementer"),
  end("executive"),
  spawn({ files: ["notes/a.md", "notes/b.md"] }),
  spawn({ task: "P" }),
  spawn({ role: "executive" }),
  spawn({ task: "B", files: ["notes/a.md"] }),
  spawn({ files: ["notes/a.md"], parent: "implementer-2", depth: 0, tier: "executive" }),
];
const ANSWERS = [
  "Spawned implementer-1 for A",
  "Ended implementer-1",
  "There is no agent implementer-1",
  "implementer is an agent of the approved plan",
  "An agent does not end itself",
  "Spawned implementer-2 for A",
  "P is IN_PROGRESS",
  "A is work for the implementation tier, not for executive",
  "ERROR_ATTENUATION",
  "Ignored unknown fields: parent, depth, tier",
];

describe("an executive that hands on what it may not, and a child that hands on at all", () => {
  it("gain nothing: who was ended stays so, lineage cannot be said, nobody holds more than the task", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
    const { exitCode, events } = await runScripted(repo, {
      "P:work:1": [...TRIES, write("docs/p.md"), submit],
      "A:work:1": [
        spawn({ task: "B" }),
        end("implementer"),
        use("assign_task", { task: "B", agent: "implementer-3" }),
        write("B.md", "stolen\n"),
        write("notes/c.md"),
        write("notes/a.md"),
        submit,
      ],
      "B:work:1": [write("B.md"), submit],
    });
    expect(exitCode).toBe(0);
    const results = of(events, "TOOL_RESULT").filter(({ task, actor }) => task === "P" && actor === "executive");
    const said = results.slice(0, TRIES.length).map(({ payload }) => payload.content);
    expect(said).toEqual(ANSWERS.map((answer) => expect.stringContaining(answer)));

    const children = of(events, "AGENT_SPAWNED").filter(
      ({ payload, actor }) => payload.parent !== null && actor === "executive",
    );
    const capabilities = children.map(({ payload }) => payload.capability);
    expect(capabilities.map(({ agent, depth, tier, write: files }) => ({ agent, depth, tier, files }))).toEqual([
      { agent: "implementer-1", depth: 1, tier: "implementation", files: ["notes/a.md"] },
      { agent: "implementer-2", depth: 1, tier: "implementation", files: ["notes/a.md", "notes/b.md"] },
      { agent: "implementer-3", depth: 1, tier: "implementation", files: ["notes/a.md"] },
    ]);
    expect(new Set(capabilities.map(({ id }) => id)).size).toBe(3);
    expect(of(events, "CAPABILITY_REVOKED").map(({ payload }) => payload.id)).toEqual([capabilities[0]?.id]);

    const violations = of(events, "SECURITY_VIOLATION").map(
      ({ payload: { subject, object } }) => `${subject} ${object}`,
    );
    expect(violations).toEqual([
      "executive B",
      ...["spawn_agent", "terminate_agent", "assign_task", "B.md", "notes/c.md"].map(
        (object) => `implementer-3 ${object}`,
      ),
    ]);
    const kept = of(events, "EFFECT_KEPT").map(({ actor, payload }) => `${actor} ${payload.changes[0]?.path}`);
    expect(kept.toSorted()).toEqual(["executive docs/p.md", "implementer B.md", "implementer-3 notes/a.md"]);
    expect(repo.git("show", "worknode/hand/1:B.md")).toBe("x\n");
  });
});
