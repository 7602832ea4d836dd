import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AnyNewEvent } from "../../../src/schema/event.js";
import { runCommandLine } from "../../../src/surface/cli/command-line.js";
import { makeRepo, type Repo } from "../../scenario/harness.js";
import { makeContext } from "./screen.js";

let repo: Repo;
beforeEach(() => {
  repo = makeRepo({ "README.md": "x" });
});
afterEach(() => repo.remove());

function request(
  id: string,
  expiresAt: number,
  task: string | null = "T-1",
  message = "new dependency\u001b[2J left-pad",
): void {
  const store = repo.store();
  const payload = {
    id,
    kind: "gate",
    proposal_hash: `hash of ${id}`,
    message,
    require: ["human"],
    exclude: [],
    expires_at: expiresAt,
  };
  store.append([
    {
      type: "APPROVAL_REQUESTED",
      stream: "task:1:T-1",
      actor: "worknode",
      run: 1,
      task,
      execution: null,
      payload,
    } as AnyNewEvent,
  ]);
  store.close();
}

async function run(...args: string[]) {
  const context = makeContext({ cwd: repo.dir, env: { ...repo.env, GIT_COMMITTER_EMAIL: "me@example.com" } });
  const code = await runCommandLine(context, args);
  return { code, out: context.printed(), err: context.complained() };
}

function resolutions() {
  const store = repo.store();
  const events = store.events({ type: "APPROVAL_RESOLVED" });
  store.close();
  return events.map(({ payload, run: cycle, task, stream }) => ({ ...payload, cycle, task, stream }));
}

const later = () => Date.now() + 60_000;

describe("what waits for a person", () => {
  it("is listed with how to answer it, harmless on a terminal", async () => {
    request("ap_1", later());
    const { out } = await run("approvals");
    expect(out).toContain("new dependency<U+001B>[2J left-pad");
    expect(out).toContain("worknode approve ap_1");
    const { approvals } = JSON.parse((await run("approvals", "--output-format", "json")).out) as {
      approvals: object[];
    };
    expect(approvals).toMatchObject([{ id: "ap_1", task: "T-1" }]);
  });

  it("is approved by name, bound to the hash that was asked about", async () => {
    request("ap_1", later());
    const approved = await run("approve", "ap_1");
    expect(approved).toMatchObject({ code: 0, out: expect.stringContaining("approved") });
    expect(approved.out).toContain("T-1  gate  new dependency<U+001B>[2J left-pad");
    expect(resolutions()).toMatchObject([
      {
        id: "ap_1",
        decision: "approved",
        proposal_hash: "hash of ap_1",
        reason: "approved",
        shown: "T-1  gate  new dependency<U+001B>[2J left-pad  [hash of ap_1]",
        identity: { git_email: "me@example.com" },
        cycle: 1,
        task: "T-1",
        stream: "task:1:T-1",
      },
    ]);
    expect((await run("approvals")).out).toContain("Nothing waits");
  });

  it("is asked about one by one at a terminal: one key approves what was shown, others leave it, q ends", async () => {
    for (const id of ["ap_1", "ap_2", "ap_3"]) request(id, later());
    const pressed = async (...keys: string[]) => {
      const asked: string[] = [];
      const env = { ...repo.env, GIT_COMMITTER_EMAIL: "me@example.com" };
      const key = async (question: string): Promise<string> => {
        asked.push(question.split(":")[0] ?? "");
        return keys.shift() ?? "";
      };
      const context = makeContext({ cwd: repo.dir, env, key });
      expect(await runCommandLine(context, ["approvals"])).toBe(0);
      return { asked, out: context.printed() };
    };
    expect((await pressed("many", "a", "q")).asked).toEqual(["ap_1", "ap_2", "ap_3"]);
    expect(resolutions()).toMatchObject([{ id: "ap_2", decision: "approved", proposal_hash: "hash of ap_2" }]);
    expect((await pressed("q")).asked).toEqual(["ap_1"]);
    expect((await pressed("\u0003")).asked).toEqual(["ap_1"]);
    expect(resolutions()).toHaveLength(1);
    const json = makeContext({ cwd: repo.dir, env: repo.env, key: () => Promise.reject(new Error("asked")) });
    expect(await runCommandLine(json, ["approvals", "--output-format", "json"])).toBe(0);
  });

  it("shows the whole of a question, however long, and nothing that steers the terminal", async () => {
    const tail = "+ files: { write: [last.md] }";
    request("ap_1", later(), "T-1", `${"long ".repeat(1_000)}\n\u001b[2J${tail}`);
    expect((await run("approvals")).out).toContain(`long\n  <U+001B>[2J${tail}\n`);
  });

  it("is rejected with a reason, and a rejection sticks", async () => {
    request("ap_1", later(), null);
    const { code, out } = await run("reject", "ap_1", "--reason", "too heavy", "--output-format", "json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ id: "ap_1", decision: "rejected", proposal_hash: "hash of ap_1" });
    expect(resolutions()).toMatchObject([{ decision: "rejected", reason: "too heavy", stream: "cycle:1" }]);
    expect(await run("approve", "ap_1")).toMatchObject({ code: 2, err: expect.stringContaining("sticks") });
    expect(resolutions()).toHaveLength(1);
  });

  it("may be approved by a second person", async () => {
    request("ap_1", later());
    await run("approve", "ap_1");
    expect((await run("approve", "ap_1", "--reason", "me too")).code).toBe(0);
    expect(resolutions()).toHaveLength(2);
  });

  it("cannot be approved once it has expired", async () => {
    request("ap_1", Date.now() - 1);
    expect(await run("approve", "ap_1")).toMatchObject({ code: 2, err: expect.stringContaining("expired") });
    expect(resolutions()).toEqual([]);
  });

  it("must exist", async () => {
    request("ap_1", later());
    expect(await run("approve", "ap_9")).toMatchObject({ code: 2, err: expect.stringContaining("no approval ap_9") });
  });
});
