import { afterEach, describe, expect, it } from "vitest";
import { PLAN, planOf, resolve, spawn } from "./delegation-ground.js";
import { keptBy, killedAndContinued, runHeld, worknode } from "./delegation-program.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

/** P is done before Q, which hands on, and A and B after it. */
const NESTED = PLAN.replaceAll("needs: [P], owner: implementer", "needs: [Q], owner: implementer").replace(
  "      - {id: A,",
  "      - {id: Q, title: Hand on again, needs: [P], owner: executive, files: {write: [docs/q.md]}}\n      - {id: A,",
);

describe("a budget that is handed on", () => {
  it("pays for a request again that was refused while a sibling had reserved what was left", async () => {
    const dear = { usage: { input_tokens: 1, output_tokens: 2_000 } };
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": NESTED });
    const server = await scripted(
      repo,
      scriptOf({
        "P:work:1": [
          use("spawn_agent", { role: "executive", task: "Q", limits: { usd: 0.4 }, reason: "split" }),
          write("docs/p.md"),
          submit,
        ],
        "Q:work:1": [spawn(), write("docs/q.md"), { ...spawn({ task: "B" }), ...dear }, submit],
        // whichever of the two asks first: its sibling is refused while that waits
        "A:work:1": [write("notes/a.md", "x\n", { hold: "first" }), submit],
        "B:work:1": [write("B.md", "x\n", { hold: "first" }), submit],
        "A:escalation:1": [{ ...resolve("retry"), hold: "again" }],
        "B:escalation:1": [{ ...resolve("retry"), hold: "again" }],
        "A:work:2": [write("notes/a.md"), submit],
        "B:work:2": [write("B.md"), submit],
      }),
    );
    const { reason } = await run(repo, "plan.yaml", ({ type, task }) => {
      if (type === "BUDGET_REFUSED") server.release("first");
      if (type === "EVENT_TASK_COMPLETED" && (task === "A" || task === "B")) server.release("again");
    });
    await server.close();
    const events = eventsOf(repo);
    expect(of(events, "BUDGET_REFUSED")).toMatchObject([{ payload: { unit: "usd" } }]);
    expect(reason).toBe("done and verified");
    expect([keptBy(events, "implementer-1"), keptBy(events, "implementer-2")]).toEqual([["notes/a.md"], ["B.md"]]);
  });

  it("may be as much as the plan's is with what a person added", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf().replace("usd: 50", "usd: 1") });
    const between = async (at: Repo): Promise<void> => {
      expect(await worknode(at, ["budget", "add", "--usd", "50"]).ended).toBe(0);
    };
    const replies = {
      "P:work:1": [
        write("docs/p.md", "x\n", { hold: "here" }),
        spawn({ limits: { usd: 52 } }),
        spawn({ limits: { usd: 51 } }),
        submit,
      ],
      "A:work:1": [write("notes/a.md"), submit],
    };
    const events = await runHeld(repo, replies, async (...held) =>
      expect(await killedAndContinued({ between })(...held)).toBe(0),
    );
    expect(of(events, "SECURITY_VIOLATION")).toMatchObject([{ payload: { code: "ERROR_ATTENUATION" } }]);
    expect(keptBy(events, "implementer-1")).toEqual(["notes/a.md"]);
  });
});
