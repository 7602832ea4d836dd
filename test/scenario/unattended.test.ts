import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/kernel/clock.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Write the notes
phases:
  - id: write
    tasks:
      - { id: N-1, title: Write the note, owner: implementer, files: { write: [notes/one.md] } }
`;
const NIGHT = { "N-1:work:1": [write("notes/one.md"), { ...submit, hold: "late" }] };
const STUCK = {
  "N-1:work:1": [use("report_blocker", { reason: "no idea" })],
  "N-1:escalation:1": [use("resolve_escalation", { action: "block", reason: "ask" })],
};

describe("a run nobody looks at", () => {
  let repo: Repo;
  beforeEach(() => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  });
  afterEach(() => repo.remove());

  async function worknode(args: readonly string[], signal?: AbortSignal) {
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    const code = await runCommandLine(signal === undefined ? context : { ...context, signal }, args);
    return { code, out: context.printed(), err: context.complained() };
  }
  const pidOf = (out: string): number => Number(/process (\d+)/.exec(out)?.[1]);
  const isAlive = (pid: number): boolean =>
    existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  async function gone(pid: number): Promise<void> {
    for (let look = 0; look < 300 && isAlive(pid); look += 1) await systemClock.sleep(100);
    expect(isAlive(pid)).toBe(false);
  }

  it("goes on as a process of its own, is shown by attach and status, and stopped and resumed by signals", async () => {
    const server = await scripted(repo, scriptOf(NIGHT));
    const held = new Promise<void>((resolve) => server.onHold("late", resolve));
    const begun = await worknode(["run", "plan.yaml", "--yes", "--detach"]);
    expect(begun.code).toBe(0);
    const pid = pidOf(begun.out);
    expect(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[3]).toBe(String(pid)); // its own session
    await held;
    expect((await worknode(["attach"], AbortSignal.abort())).out).toContain("goes on");
    const attached = worknode(["attach"]);
    const watched = worknode(["status", "--watch"]);
    process.kill(pid, "SIGHUP");
    process.kill(pid, "SIGSTOP");
    process.kill(pid, "SIGCONT");
    server.release("late");
    expect((await attached).code).toBe(0);
    expect((await attached).out).toContain("N-1: done");
    expect((await watched).out).toContain("DONE        write/N-1");
    await gone(pid);
    await server.close();
    expect(await worknode(["attach"])).toMatchObject({ code: 7 });
    expect((await worknode(["status", "--watch"])).out).toContain("cycle 1 done");
  });

  it("is not taken for dead while it is suspended, and goes on where it was", async () => {
    const server = await scripted(repo, scriptOf(NIGHT));
    const held = new Promise<void>((resolve) => server.onHold("late", resolve));
    const pid = pidOf((await worknode(["run", "plan.yaml", "--yes", "--detach"])).out);
    await held;
    process.kill(pid, "SIGSTOP");
    try {
      server.release("late");
      const busy = await worknode(["continue"]);
      expect(busy.code).toBe(2);
      expect(busy.err).toContain(`cycle 1 is being run by process ${pid}`);
      expect(of(eventsOf(repo), "EVENT_TASK_COMPLETED")).toHaveLength(0);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await gone(pid);
    expect(server.requests().filter(({ key }) => key === "N-1:work:1")).toHaveLength(2);
    await server.close();
    expect(of(eventsOf(repo), "SESSION_STARTED")).toHaveLength(1);
    expect(of(eventsOf(repo), "EVENT_TASK_COMPLETED")).toHaveLength(1);
  });

  it("is told to be dead after kill -9, and continues without paying twice", async () => {
    const server = await scripted(repo, scriptOf(NIGHT));
    const held = new Promise<void>((resolve) => server.onHold("late", resolve));
    const pid = pidOf((await worknode(["run", "plan.yaml", "--yes", "--detach"])).out);
    await held;
    await worknode(["attach"], AbortSignal.abort());
    const attached = worknode(["attach"]);
    await systemClock.sleep(500); // it follows once it has read the log
    process.kill(pid, "SIGKILL");
    expect(await attached).toMatchObject({ code: 130 });
    server.release("late");
    expect(await worknode(["continue"])).toMatchObject({ code: 0 });
    await server.close();
    expect(of(eventsOf(repo), "CYCLE_STARTED")).toHaveLength(1);
  });

  it("says at once why it could not begin", async () => {
    const unapproved = await worknode(["run", "plan.yaml", "--detach"]);
    expect(unapproved.code).toBe(6);
    delete repo.env["ANTHROPIC_BASE_URL"];
    const keyless = await worknode(["run", "plan.yaml", "--yes", "--detach"]);
    expect(keyless.code).toBe(2);
    expect(keyless.err).toContain("ANTHROPIC_API_KEY");
  });

  it("tells a program what waits, what is escalated and how it ended, as JSON on its standard input", async () => {
    const server = await scripted(repo, scriptOf(STUCK));
    const program = join(repo.dir, "..", "tell");
    writeFileSync(program, '#!/bin/sh\ncat >> "$HOME/told"\necho >> "$HOME/told"\n');
    chmodSync(program, 0o755);
    expect(await worknode(["run", "plan.yaml", "--yes", "--notify", program])).toMatchObject({
      code: 6,
      err: expect.not.stringContaining("--notify") as string,
    });
    await server.close();
    const told = readFileSync(join(repo.env["HOME"] ?? "", "told"), "utf8")
      .trim()
      .split("\n");
    const notices = told.map((line) => JSON.parse(line) as { notice: string; task: string | null });
    expect(notices.map(({ notice }) => notice)).toEqual(["escalated", "waiting", "stalled", "done"]);
    expect(notices[1]).toMatchObject({
      cycle: 1,
      task: "N-1",
      message: expect.stringContaining("worknode approve ap_") as string,
    });
    expect(notices[3]).toMatchObject({ exit_code: 6 });
  });

  it("tells an address, and neither a failing one nor a failing program changes how the run ends", async () => {
    const bodies: string[] = [];
    const listener = createServer((request, reply) => {
      request.on("data", (chunk: Buffer) => bodies.push(chunk.toString("utf8")));
      request.on("end", () => reply.writeHead(bodies.length === 1 ? 500 : 204).end());
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => listener.once("listening", resolve));
    const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/hook`;
    const server = await scripted(repo, scriptOf(STUCK));
    const ran = await worknode(["run", "plan.yaml", "--yes", "--notify", url]);
    await new Promise((resolve) => listener.close(resolve));
    expect(ran.code).toBe(6);
    expect(bodies).toHaveLength(4);
    expect(ran.err).toContain("--notify: the address answered 500");
    const failing = await worknode(["continue", "--notify", "false"]);
    await server.close();
    expect(failing.code).toBe(6);
    expect(failing.err).toContain("--notify: false ended with 1");
    expect(of(eventsOf(repo), "PLAN_STALLED")).toHaveLength(1); // told once
  });

  it.each(["/nonexistent/program", "no-such-program --loud", "./plan.yaml", "http://"])(
    "begins only where there is somebody to tell: --notify %s is refused",
    async (target) => {
      for (const how of [["--detach"], []]) {
        const { code, err } = await worknode(["run", "plan.yaml", "--yes", "--notify", target, ...how]);
        expect([code, err]).toEqual([2, expect.stringContaining(`--notify ${target}: th`)]);
      }
      expect(existsSync(join(repo.dir, ".worknode"))).toBe(false); // nobody was asked to approve anything
    },
  );

  it("is stopped with every other run of this person by kill --all, and twice is harmless", async () => {
    const other = makeRepo({ "README.md": "# o\n" });
    other.env["XDG_STATE_HOME"] = repo.env["XDG_STATE_HOME"];
    const opened = makeContext({ cwd: other.dir, env: other.env });
    writeFileSync(join(other.dir, "plan.yaml"), PLAN);
    await runCommandLine(opened, ["plan", "approve", "plan.yaml"]);
    const server = await scripted(repo, scriptOf(NIGHT));
    const held = new Promise<void>((resolve) => server.onHold("late", resolve));
    const pid = pidOf((await worknode(["run", "plan.yaml", "--yes", "--detach"])).out);
    await held;
    const killed = await worknode(["kill", "--all"]);
    expect(killed.code).toBe(0);
    expect(killed.out).toContain(`killed ${repo.dir} (epoch`);
    expect(killed.out).toContain(`killed ${other.dir} (epoch`);
    expect(await worknode(["kill", "--all"])).toMatchObject({ code: 0 });
    server.release("late");
    await gone(pid);
    expect(of(eventsOf(repo), "EVENT_TASK_COMPLETED")).toHaveLength(0);
    expect(await worknode(["continue"])).toMatchObject({ code: 0 });
    await server.close();
    writeFileSync(join(other.dir, ".worknode", "worknode.db"), "no database");
    const broken = await worknode(["kill", "--all"]);
    expect(broken.code).toBe(1);
    expect(broken.out).toContain(`NOT killed ${other.dir}`);
    expect(broken.out).toContain(`killed ${repo.dir} (epoch`);
    other.remove();
  });
});
