import { afterEach, describe, expect, it } from "vitest";
import { planOf, resolve, spawn } from "./delegation-ground.js";
import { aheadBy, jump, keptBy, killedAndContinued, runHeld, spawnByClient, worknode } from "./delegation-program.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const HOUR_MS = 3_600_000;
const AT_WORK = {
  "P:work:1": [spawn(), write("docs/p.md"), submit],
  "A:work:1": [write("notes/a.md"), write("notes/late.md", "x\n", { hold: "here" }), submit],
  "A:escalation:1": [resolve("reassign", { agent: "implementer" })],
  "A:work:2": [write("A.md"), submit],
};

/** A repository whose plan has an elevated executive. */
function made(): Repo {
  const plan = planOf(", grants: [elevated], maxDuration: 2h");
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan });
  return repo;
}

describe("what an elevated agent spawned", () => {
  it("works on where the clock is put back in the middle of its task", async () => {
    const goOn = async (...[at, run, release]: Parameters<Parameters<typeof runHeld>[2]>): Promise<void> => {
      await jump(at, run);
      release();
      expect(await run.ended).toBe(0);
    };
    const events = await runHeld(made(), AT_WORK, goOn, aheadBy(-60_000, "signal"));
    expect(keptBy(events, "implementer-1")).toEqual(["notes/a.md", "notes/late.md"]);
    expect(of(events, "SECURITY_VIOLATION")).toEqual([]);
  });

  it("is done by another after kill -9 and the end of the grant: the executive is asked, and the cycle goes on", async () => {
    const late = killedAndContinued({ clock: aheadBy(2.2 * HOUR_MS, "start") });
    const events = await runHeld(made(), AT_WORK, async (...run) => expect(await late(...run)).toBe(0));
    expect(keptBy(events, "implementer-1")).toEqual(["notes/a.md"]);
    expect(keptBy(events, "implementer")).toContain("A.md");
    const told = of(events, "ESCALATION").map(({ payload }) => payload.reason);
    expect(told).toEqual([expect.stringContaining("implementer-1 cannot do it")]);
    expect(told[0]).toContain("an elevated grant, which has ended");
  });

  it("can work where a client of the MCP server asked for it before the executive held anything", async () => {
    const at = made();
    const replies = { "P:work:1": [write("docs/p.md"), submit], "A:work:1": [write("notes/a.md"), submit] };
    const server = await scripted(at, scriptOf({ ...replies, "B:work:1": [write("B.md"), submit] }));
    const look = ["--dry-run", "Read", '{"file_path":"README.md"}'];
    expect(await worknode(at, ["tool", "--plan", "plan.yaml", "--task", "A", "--yes", ...look]).ended).toBe(0);
    const said = await spawnByClient(at, { role: "implementer", task: "A", reason: "help" });
    expect(said).toMatchObject([{ isError: false }]);
    expect(await worknode(at, ["continue"]).ended).toBe(0);
    await server.close();
    expect(keptBy(eventsOf(at), "implementer-1")).toEqual(["notes/a.md"]);
  });
});
