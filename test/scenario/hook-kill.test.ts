import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { request } from "node:http";
import { join, resolve } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { HookAddress } from "../../src/crew/hook/server.js";
import { locateRepository } from "../../src/effect/repository/repository-location.js";
import type { HookOutput } from "../../src/schema/hook-event.js";
import { ensureHookState } from "../../src/surface/hook/state.js";
import { makeRepo, type Repo } from "./harness.js";
import { PLAN } from "./hook-ground.js";

const MAIN = resolve("dist/main.js");

let repo: Repo;
let resident: ChildProcess;
afterEach(() => {
  resident.kill("SIGKILL");
  repo.remove();
});

async function startResident(): Promise<HookAddress> {
  resident = spawn(process.execPath, [MAIN, "hook", "serve"], {
    cwd: repo.dir,
    env: repo.env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((up) => resident.stdout?.once("data", up));
  const location = locateRepository(repo.dir, repo.env);
  if (location === undefined) throw new Error("there is a repository");
  return ensureHookState(location);
}

/** Sends one event; `heard` runs as soon as the whole answer is here. */
function send(
  { port, token }: HookAddress,
  event: Record<string, unknown>,
  heard: () => void = () => undefined,
): Promise<HookOutput> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return new Promise((done, fail) => {
    const call = request({ host: "127.0.0.1", port, path: "/hook", method: "POST", headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (text.length < Number(response.headers["content-length"])) return;
        heard();
        done(JSON.parse(text) as HookOutput);
      });
    });
    call.once("error", fail);
    call.end(JSON.stringify({ session_id: "s-1", cwd: repo.dir, ...event }));
  });
}

it("has each verdict on record that was answered, when the resident process is killed at that very moment", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  execFileSync(process.execPath, [MAIN, "plan", "approve", "plan.yaml"], { cwd: repo.dir, env: repo.env });
  for (const [turn, file] of ["notes/one.md", "README.md"].entries()) {
    const address = await startResident();
    const said = await send(address, { hook_event_name: "UserPromptSubmit", prompt: "continue" });
    const root = /Work in (\S+) and/.exec(said.hookSpecificOutput?.additionalContext ?? "")?.[1] ?? "";
    const tool_input = { file_path: join(root, file), content: "x" };
    const call = { hook_event_name: "PreToolUse", tool_name: "Write", tool_use_id: `toolu_${turn}`, tool_input };
    const gone = new Promise((done) => resident.once("close", done));
    const answer = await send(address, call, () => resident.kill("SIGKILL"));
    await gone;
    const store = repo.store();
    const recorded = store.events({ type: "VERDICT" }).filter(({ execution }) => execution?.endsWith(`toolu_${turn}`));
    const [decision, outcome] = file === "README.md" ? ["deny", "PolicyBlocked"] : ["allow", "Approved"];
    expect(answer.hookSpecificOutput?.permissionDecision).toBe(decision);
    expect(recorded.map(({ payload }) => payload)).toMatchObject([{ outcome }]);
    expect(store.verify().ok).toBe(true);
    expect(store.rebuild().equal).toBe(true);
    store.close();
  }
});
