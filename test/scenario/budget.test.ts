import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const plan = (budget: string): string => `apiVersion: worknode/v1
kind: Plan
id: notes
title: Write the notes
budget: ${budget}
phases:
  - id: write
    tasks:
      - { id: N-1, title: Write the note, owner: implementer, files: { write: [notes/one.md] } }
`;

describe("a budget", () => {
  let repo: Repo;
  let close: () => Promise<void>;
  beforeEach(async () => {
    repo = makeRepo({
      "README.md": "# r\n",
      "plan.yaml": plan("{ usd: 0.01 }"),
      "tokens.yaml": plan("{ tokens: 9000000 }"),
    });
    const server = await scripted(repo, scriptOf({ "N-1:work:1": [write("notes/one.md"), submit] }));
    close = () => server.close();
  });
  afterEach(async () => {
    await close();
    repo.remove();
  });

  async function worknode(...args: string[]) {
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    const code = await runCommandLine(context, args);
    return { code, out: context.printed(), err: context.complained() };
  }

  it("refuses before anything is sent, and what a person adds carries the same cycle and plan to its end", async () => {
    const refused = await worknode("run", "plan.yaml", "--yes");
    expect(refused.code).toBe(5);
    expect(refused.out).toContain("1 task(s), at most $0.0100; no finished task to estimate from");
    expect(of(eventsOf(repo), "MODEL_RESPONSE")).toHaveLength(0);
    expect((await worknode("budget")).out).toContain("money   $0.00 spent, $0.00 reserved, $0.0100 left of $0.0100");
    const added = await worknode("budget", "add", "--usd", "5");
    expect(added.out).toContain("$5.01 left of $5.01 ($5.00 added)");
    expect(await worknode("continue")).toMatchObject({ code: 0 });
    const events = eventsOf(repo);
    expect(of(events, "CYCLE_STARTED")).toHaveLength(1);
    expect(of(events, "PLAN_APPROVED")).toHaveLength(1);
    expect(of(events, "BUDGET_ADDED")[0]?.payload).toMatchObject({ usd: 5, tokens: 0, by: { git_email: null } });
  });

  it("is added to by a whole word, a sum, and only where there is one", async () => {
    await worknode("run", "plan.yaml", "--yes");
    expect(await worknode("budget", "ad")).toMatchObject({ code: 2 });
    expect(await worknode("budget", "add")).toMatchObject({ code: 2 });
    expect(await worknode("budget", "add", "--usd", "-5")).toMatchObject({ code: 2 });
    expect((await worknode("budget", "add", "--tokens", "5")).err).toContain("no budget in tokens");
    expect(of(eventsOf(repo), "BUDGET_ADDED")).toHaveLength(0);
    await worknode("budget", "add", "--usd", "5");
    await worknode("continue");
    expect((await worknode("budget", "add", "--usd", "1")).err).toContain("has ended");
  });

  it("is told apart by task and agent, tier and model, in status and at the end", async () => {
    const ran = await worknode("run", "tokens.yaml", "--yes");
    expect(ran.code).toBe(0);
    const { out } = await worknode("status");
    for (const text of [ran.out, out]) {
      expect(text).toMatch(/N-1 implementer: \$[\d.]+, [\d.]+k? tokens, 2 request\(s\)/);
      expect(text).toMatch(/tier validation: \$[\d.]+, [\d.]+k? tokens, 1 request\(s\)/);
      expect(text).toMatch(/model claude-opus\S+: \$[\d.]+, [\d.]+k? tokens, 1 request\(s\)/);
    }
    expect((await worknode("budget")).out).toContain("left of 9.00M");
  });
});
