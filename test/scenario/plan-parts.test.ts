import { afterEach, describe, expect, it } from "vitest";
import { continueRun, runPlan } from "../../src/crew/cycle/session.js";
import { approveVerb } from "../../src/surface/cli/resolve.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, runScripted, scriptOf, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const HEAD = "apiVersion: worknode/v1\nkind: Plan\nid: parts\ntitle: Parts\n";
const AGENTS = (more = ""): string => `agents:
  executive: { tier: executive }
  implementer: { tier: implementation${more} }
  quick: { tier: implementation }
  validator: { tier: validation }
`;
const TASK = (id: string, more = ""): string =>
  `      - { id: ${id}, title: Note, files: { write: [${id}.md] }, ${more === "" ? "owner: implementer" : more} }\n`;
const plan = (parts: string, tasks: string): string => `${HEAD}${parts}phases:\n  - id: build\n    tasks:\n${tasks}`;

describe("maxDuration", () => {
  it("ends an agent's work when its time is used up: the gate denies, nothing more is asked, the executive is told", async () => {
    const text = plan(AGENTS(", maxDuration: 1s"), `${TASK("A")}${TASK("B", "owner: quick")}`);
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": text });
    const { events } = await runScripted(repo, {
      "A:work:1": [write("A.md", "x\n", { delayMs: 1_500 }), submit],
      "A:escalation:1": [use("resolve_escalation", { action: "block", reason: "no more time" })],
      "B:work:1": [write("B.md"), submit],
    });
    const ofA = events.filter(({ task }) => task === "A");
    expect(of(ofA, "EFFECT_KEPT")).toEqual([]);
    const told = of(ofA, "TOOL_RESULT").find(({ actor }) => actor === "implementer");
    expect(told?.payload.content).toMatch(/budget|time/);
    const asked = of(ofA, "MODEL_REQUEST").filter(({ payload }) => payload.agent === "implementer");
    expect(asked).toHaveLength(1);
    expect(of(ofA, "ESCALATION")[0]?.payload).toMatchObject({ reason: expect.stringContaining("maxDuration") });
    expect(repo.git("show", "worknode/parts/1:B.md")).toBe("x\n");
  });

  it("leaves an agent alone whose time is not over", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(AGENTS(", maxDuration: 1h"), TASK("A")) });
    const { exitCode } = await runScripted(repo, { "A:work:1": [write("A.md"), submit] });
    expect(exitCode).toBe(0);
  });
});

describe("retry", () => {
  const overloaded = { faults: [{ type: "status", status: 529 }] };

  it("says how often a task's model is asked again before the task waits for it", async () => {
    const text = plan(AGENTS(), TASK("A", "owner: implementer, retry: { attempts: 1 }"));
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": text });
    const server = await scripted(repo, scriptOf({ "A:work:1": [write("A.md", "x\n", overloaded), submit] }));
    const stop = new AbortController();
    const result = await runPlan({
      cwd: repo.dir,
      env: repo.env,
      signal: stop.signal,
      planPath: "plan.yaml",
      yes: true,
      inputs: {},
      includeWip: false,
      onEvent: (event) => {
        const waits = event.type === "ALERT" && event.payload.message.includes("the model is unavailable");
        const second = event.type === "MODEL_FAILED" && event.payload.attempt === 2;
        if (waits || second) stop.abort();
      },
    });
    await server.close();
    expect(result.exitCode).toBe(130);
    expect(of(eventsOf(repo), "MODEL_FAILED").map(({ payload }) => payload.attempt)).toEqual([1]);
  });

  it("with attempts left asks again and goes on", async () => {
    const retry = "retry: { attempts: 2, backoff: { initial: 1ms } }";
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(AGENTS(), TASK("A", `owner: implementer, ${retry}`)) });
    const { exitCode, events } = await runScripted(repo, { "A:work:1": [write("A.md", "x\n", overloaded), submit] });
    expect(exitCode).toBe(0);
    expect(of(events, "MODEL_FAILED").map(({ payload }) => payload.attempt)).toEqual([1]);
  });
});

describe("a team of reviewers", () => {
  const TEAM = "approval: { humanReview: always, reviewers: { humans: [team/maintainers] } }\n";
  const config = (people: string): string =>
    `apiVersion: worknode/v1\nkind: Config\nteams: { team/maintainers: [${people}] }\n`;
  const approve = async (id: string): Promise<unknown> => {
    const sink = { write: () => true } as never;
    return await approveVerb({ cwd: repo?.dir ?? "", env: repo?.env, out: sink, err: sink } as never, [id]);
  };

  it("that nobody knows is refused before anything is opened", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(TEAM, TASK("A")) });
    await expect(runScripted(repo, {})).rejects.toMatchObject({
      code: "UNKNOWN_TEAM",
      exitCode: 2,
      message: expect.stringContaining("team/maintainers"),
    });
    expect(of(eventsOf(repo), "CYCLE_STARTED")).toEqual([]);
  });

  it("stands for the people the configuration lists, and for nobody else", async () => {
    const files = {
      "README.md": "# r\n",
      "plan.yaml": plan(TEAM, TASK("A")),
      ".worknode/config.yaml": config("ann@example.com"),
    };
    repo = makeRepo(files);
    const { exitCode, events } = await runScripted(repo, { "A:work:1": [write("A.md"), submit] });
    expect(exitCode).toBe(6);
    const id = of(events, "APPROVAL_REQUESTED")[0]?.payload.id ?? "";
    for (const email of ["mallory@example.com", "team/maintainers"]) {
      repo.git("config", "user.email", email);
      await expect(approve(id)).rejects.toMatchObject({ code: "NOT_A_REVIEWER" });
    }
    repo.git("config", "user.email", "ann@example.com");
    expect(await approve(id)).toBe(0);
    repo.write(".worknode/config.yaml", config(""));
    const server = await scripted(repo, scriptOf({ "A:work:1": [write("A.md"), submit] }));
    const options = { cwd: repo.dir, env: repo.env, signal: new AbortController().signal, onEvent: () => {} };
    await expect(continueRun(options)).rejects.toMatchObject({ code: "UNKNOWN_TEAM" });
    repo.write(".worknode/config.yaml", config("ann@example.com"));
    await continueRun(options);
    await server.close();
    expect(of(eventsOf(repo), "EFFECT_KEPT").length).toBe(1);
  });
});
