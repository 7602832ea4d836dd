import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
/** An ordinary user, whom a file's mode binds; root may become one. */
const USER = 65_534;
const asUser = process.getuid?.() === 0 ? { uid: USER, gid: USER } : {};
const canRun = spawnSync(process.execPath, [MAIN, "--version"], { ...asUser, cwd: "/" }).status === 0;

let repo: Repo;
afterEach(() => repo.remove());

it.skipIf(!canRun)("a file that nobody may read any more is not merged unseen: what it is cannot be told", async () => {
  repo = makeRepo({ "plan.yaml": notesPlan([{ id: "A", title: "Note", write: ["A.md"] }]) });
  const state = join(repo.env["XDG_STATE_HOME"] ?? "", "worknode");
  const blocked = use("report_blocker", { reason: "I may not read it" });
  const replies = [write("A.md", "one\n"), { ...submit, hold: "handed in" }, blocked];
  const server = await scripted(repo, scriptOf({ "A:work:1": replies }));
  server.onHold("handed in", () => {
    chmodSync(join(state, readdirSync(state)[0] ?? "", "worktrees", "1-A", "A.md"), 0);
    server.release("handed in");
  });
  if (asUser.uid !== undefined) execFileSync("chown", ["-R", `${USER}:${USER}`, dirname(repo.dir)]);
  const child = spawn(process.execPath, [MAIN, "run", "plan.yaml", "--yes"], {
    ...asUser,
    cwd: repo.dir,
    env: repo.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (piece: string) => (said += piece));
  const code = await new Promise((resolve) => child.on("close", resolve));
  await server.close();
  expect(code, said).not.toBe(0);
  expect(said).toMatch(/A\.md.*Permission denied/);
  expect(of(eventsOf(repo), "VERIFIED")).toEqual([]);
  expect(of(eventsOf(repo), "TASK_MERGED")).toEqual([]);
});
