import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { withProject } from "../../crew/cycle/project.js";
import { openSessionDesk } from "../../crew/hook/desk.js";
import { type HookAddress, serveHooks } from "../../crew/hook/server.js";
import { createHookService, type RanReport } from "../../crew/hook/service.js";
import { packageFile } from "../../crew/state/package-file.js";
import { startDetached } from "../../effect/program/detach.js";
import type { RepositoryLocation } from "../../effect/repository/repository-location.js";
import { Fault, invalid, messageOf } from "../../kernel/fault.js";
import { OUTSIDE_CYCLES } from "../../memory/outside-cycles.js";
import { isHolderAlive, isHolderHere } from "../../store/lease.js";
import { quote } from "../hook/claude-files.js";
import { askResident } from "../hook/hook-request.js";
import { ensureHookState, hookStatePath, readHookState } from "../hook/state.js";
import { describeVerb, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { locateProject, withStore } from "./project.js";

/** Exit code of a hook that blocks. */
const BLOCK = 2;
/** How often, and how many times, it is looked whether the resident process listens yet. */
const [LOOK_MS, LOOKS] = [50, 600];

/** `worknode hook serve|start|stop|send|run`: what answers a client's hooks, and what its hooks run. */
export const hookVerb: Verb = (context, args) => {
  const command = describeVerb(context, "hook", "Answer the hooks of Claude Code (docs/claude-code.md).")
    .argument(
      "<what>",
      "serve: answer until stopped; start: the same in the background; send: one event; run: a command",
    )
    .argument("[id]", "run: the call that was allowed");
  return withArguments(command, args, async ({ values }) => {
    const [what = "", id = ""] = values;
    if (what === "serve") return await serve(context);
    if (what === "start") return await start(context);
    if (what === "stop") return await stop(context);
    if (what === "send") return await send(context);
    if (what === "run") return await run(context, id);
    throw invalid("BAD_TARGET", `there is no 'hook ${what}': it is serve, start, stop, send or run.`);
  });
};

/** Words that start this worknode. */
export function ownProgram(): string[] {
  return [process.execPath, packageFile("dist", "main.js")];
}

async function serve(context: CliContext): Promise<number> {
  return await withProject(context, async (project) => {
    const { signal, env } = context;
    const desk = openSessionDesk(project, { signal, env });
    try {
      const runLine = (id: string): string => [...ownProgram(), "hook", "run", id].map(quote).join(" ");
      const server = await serveHooks(createHookService(desk, runLine), ensureHookState(project.repository));
      writeLine(context.out, `answering hooks of ${project.repository.root} at 127.0.0.1:${server.address.port}`);
      await new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
      await server.close();
      return 0;
    } finally {
      await desk.close();
    }
  });
}

/** Starts the resident process where none listens, and answers once it does. */
async function start(context: CliContext): Promise<number> {
  await startResident(context, locateProject(context));
  return 0;
}

/** Throws Fault HOOK_START (exit 2) with what it said where it ended at once. */
export async function startResident(
  { env }: Pick<CliContext, "env">,
  location: RepositoryLocation,
): Promise<HookAddress> {
  const address = ensureHookState(location);
  if (await listens(address.port)) return address;
  const log = join(location.stateDir, "hook", "resident.log");
  const resident = startDetached([...ownProgram(), "hook", "serve"], { cwd: location.root, env, log });
  let ended = false;
  void resident.ended.then(() => (ended = true));
  for (let look = 0; look < LOOKS && !ended; look += 1) {
    if (await listens(address.port)) {
      resident.release();
      return address;
    }
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
  throw invalid("HOOK_START", `the resident process did not start: ${resident.tail()}`);
}

async function stop(context: CliContext): Promise<number> {
  const pid = await stopResident(context);
  writeLine(context.out, pid === undefined ? "no resident process answers here" : `process ${pid} was told to stop`);
  return 0;
}

/** Tells the resident process to end; undefined where there is none. */
export async function stopResident(context: Pick<CliContext, "cwd" | "env">): Promise<number | undefined> {
  if (!existsSync(locateProject(context).databasePath)) return undefined;
  return await withStore(context, (store) => {
    const lease = store.lease.read(`cycle:${OUTSIDE_CYCLES}`);
    if (lease?.held !== true || !isHolderAlive(lease)) return undefined;
    if (!isHolderHere(lease))
      throw invalid("ELSEWHERE", "the resident process runs in another container: stop it there.");
    process.kill(lease.pid, "SIGTERM");
    return lease.pid;
  });
}

/** Whether somebody listens at a port of this machine. */
export function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}

/** One event from standard input, for hooks that hold no address. Whatever goes wrong blocks. */
async function send(context: CliContext): Promise<number> {
  try {
    const event = await readInput();
    const location = locateProject(context);
    const starts = /"hook_event_name"\s*:\s*"SessionStart"/.test(event);
    const address = starts ? await startResident(context, location) : readHookState(location);
    if (address === undefined) throw invalid("HOOK_STATE", "no session was started here: worknode hook start.");
    context.out.write(await askResident(address, "/hook", event));
    return 0;
  } catch (thrown) {
    writeLine(context.err, `worknode: ${messageOf(thrown)} Blocked.`);
    return BLOCK;
  }
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Runs a command that was allowed, behind the wall, in the resident process; says and ends with what it did. */
async function run(context: CliContext, id: string): Promise<number> {
  const location = locateProject(context);
  const address = readHookState(location);
  if (address === undefined) throw new Fault("HOOK_STATE", `there is no ${hookStatePath(location)}.`, { exitCode: 2 });
  const report = JSON.parse(await askResident(address, "/run", JSON.stringify({ tool_use_id: id }))) as RanReport;
  context.out.write(report.stdout);
  context.err.write(report.stderr);
  return report.exit_code;
}
