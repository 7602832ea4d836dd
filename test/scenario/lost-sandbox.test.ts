import { execFile, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { scriptOf, submit, write } from "./scripted-run.js";
import { canMount } from "./small-disk.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const PLAN =
  "apiVersion: worknode/v1\nkind: Plan\nid: lost\ntitle: Lost\nphases:\n  - id: p\n    tasks:\n      - {id: A, title: A, owner: implementer, files: {write: [notes.md]}, verify: {test: [/bin/true]}}\n";
/** A mount namespace of its own, in which perl is another program: both backends need it. */
const BROKEN = 'mount --bind /bin/false /usr/bin/perl && exec "$@"';

describe.skipIf(sandboxMissing || !canMount())(`a sandbox that was there when the work began${reason}`, () => {
  let repo: Repo;
  let server: Awaited<ReturnType<typeof scripted>>;

  beforeEach(async () => {
    repo = makeRepo({ "plan.yaml": PLAN, "notes.md": "one\n" });
    const held = write("notes.md", "two\n", { hold: "begun" });
    repo.write("flow.json", scriptOf({ "A:work:1": [held, submit] }));
    server = await scripted(repo, scriptOf({ "A:work:1": [held, submit] }));
    const stop = new AbortController();
    server.onHold("begun", () => stop.abort());
    expect((await run(repo, "plan.yaml", () => {}, stop.signal)).exitCode).toBe(130);
  });
  afterEach(async () => {
    await server.close();
    repo.remove();
  });

  function onBrokenMachine(...args: string[]): Promise<{ code: number | string; out: string; err: string }> {
    const settings = { cwd: repo.dir, env: { ...repo.env, ANTHROPIC_API_KEY: "scripted" } };
    const inside = ["-m", "sh", "-c", BROKEN, "sh", process.execPath, MAIN, ...args];
    return new Promise((resolve) => {
      execFile("unshare", inside, settings, (error, out, err) =>
        resolve({ code: error === null ? 0 : (error.code ?? ""), out, err }),
      );
    });
  }

  const refused = {
    code: 2,
    out: "",
    err: expect.stringMatching(
      /has no sandbox:\nutil-linux set-up: .*\n {2}fix: .*--reinstall.*\nbubblewrap [^]*fix: /,
    ),
  };

  it("is missed before anything is spent, by a run that continues, a new one, a call and a test of the plan", async () => {
    const asked = server.requests().length;
    const { code, err } = refused; // what is left to do is told first
    expect(await onBrokenMachine("continue")).toMatchObject({ code, err });
    expect(await onBrokenMachine("run", "plan.yaml", "--yes")).toMatchObject(refused);
    const bash = ["tool", "Bash", '{"command":"echo x >> notes.md"}', "--plan", "plan.yaml", "--task", "A", "--yes"];
    expect(await onBrokenMachine(...bash)).toMatchObject(refused);
    expect(await onBrokenMachine("plan", "test", "plan.yaml", "--script", "flow.json")).toMatchObject(refused);
    expect(server.requests()).toHaveLength(asked);
    const store = repo.store();
    expect(store.queries.maxCycle()).toBe(1);
    expect(store.events({ type: "SESSION_STARTED" })).toHaveLength(1);
    store.close();
    const [project] = readdirSync(join(repo.env["XDG_STATE_HOME"] ?? "", "worknode"));
    const state = join(repo.env["XDG_STATE_HOME"] ?? "", "worknode", project ?? "");
    expect(readdirSync(state).filter((name) => name.startsWith("probe-"))).toEqual([]);
    expect(spawnSync("git", ["diff", "--quiet", "main"], { cwd: repo.dir }).status).toBe(0);
    server.release("begun");
    const end = await new Promise((resolve) => {
      execFile(process.execPath, [MAIN, "continue"], { cwd: repo.dir, env: repo.env }, (error) =>
        resolve(error?.code ?? 0),
      );
    });
    expect(end).toBe(0);
  });
});
