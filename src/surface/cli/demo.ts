import { join } from "node:path";
import { locateRepository } from "../../effect/repository/repository-location.js";
import { probeBackends } from "../../effect/sandbox/probe.js";
import { failures } from "../../effect/sandbox/probe-report.js";
import { assert } from "../../kernel/assert.js";
import { parseScript } from "../../model/scripted/script.js";
import { type ScriptedServer, startScriptedServer } from "../../model/scripted/server.js";
import type { AnyEvent } from "../../schema/event.js";
import { openStore } from "../../store/store.js";
import { describeVerb, withArguments } from "./arguments.js";
import type { CliContext, Verb } from "./context.js";
import { type Ended, startWorknode } from "./demo/child.js";
import { findIncidents } from "./demo/incidents.js";
import { createNarrator, type Narrator } from "./demo/narrator.js";
import { type DemoRepository, makeBase, makeRepository, readDemoFile } from "./demo/repository.js";
import { type RefusedCommand, withoutCommands } from "./demo/without-commands.js";

/** Name of the reply in the script that is withheld until the run has been killed. */
const HOLD = "in-mid-task";
/** The demo takes half a minute; a machine this slow has another problem. */
const MAX_DEMO_MS = 5 * 60_000;
const NOT_SHOWN = 1;
const UNVERIFIED = 4;
const INTERRUPTED = 130;

/** `worknode demo`: a crew at work on a small real project, killed in mid-task and continued. */
export const demoVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "demo",
    "See a crew at work. Only the model's words are scripted; no key, no network.",
  );
  return withArguments(command, args, () => demonstrate(context));
};

async function demonstrate(context: CliContext): Promise<number> {
  const say = createNarrator(context);
  const script = parseScript(readDemoFile("script.yaml"));
  assert(script.ok, "the shipped demo script is valid");
  const base = makeBase();
  const fixes = await missingSandbox(join(base, "state"), context.env);
  const server = await startScriptedServer({ script: script.value });
  try {
    const plan = readDemoFile("plan.yaml");
    if (fixes.length === 0) return await show(context, say, { server, base, plan, refused: [] });
    const code = await show(context, say, { server, base, ...withoutCommands(plan) });
    say.fixes(fixes);
    return code === 0 ? UNVERIFIED : code;
  } finally {
    say.leftovers(base);
    await server.close();
  }
}

interface Stage {
  readonly server: ScriptedServer;
  readonly base: string;
  readonly plan: string;
  readonly refused: readonly RefusedCommand[];
}

async function show(context: CliContext, say: Narrator, { server, base, plan, refused }: Stage): Promise<number> {
  const repository = makeRepository(base, context.env, plan);
  say.introduction(server.url, repository.directory);
  say.refused(refused);
  const code = await runAndKill(context, say, server, connect(repository, server));
  if (code !== 0) return code;
  const shown = prove(say, server, { repository, shell: refused.length === 0 });
  say.conclusion(repository);
  return shown ? 0 : NOT_SHOWN;
}

/** How to get a sandbox where there is none; empty where commands can be run. */
async function missingSandbox(stateDir: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const report = await probeBackends({ stateDir, env });
  if (report.chosen !== null) return [];
  return failures(report);
}

/** The repository with the scripted model as its only model. */
function connect(repository: DemoRepository, server: ScriptedServer): DemoRepository {
  const model = { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "scripted", WORKNODE_MODEL_PROFILE: "full" };
  return { ...repository, env: { ...repository.env, ...model, NO_PROXY: "127.0.0.1" } };
}

/** Runs the plan, kills the run with -9 while a reply is awaited, continues it. Answers its exit code. */
async function runAndKill(
  context: CliContext,
  say: Narrator,
  server: ScriptedServer,
  place: DemoRepository,
): Promise<number> {
  const limit = AbortSignal.any([context.signal, AbortSignal.timeout(MAX_DEMO_MS)]);
  const first = startWorknode(["run", place.planPath, "--yes"], place, limit);
  server.onHold(HOLD, () => first.child.kill("SIGKILL"));
  const killed = await first.ended;
  if (context.signal.aborted) return INTERRUPTED;
  if (killed.signal !== "SIGKILL" || limit.aborted)
    return failed(say, "the run ended before it could be killed", killed);
  say.killed(first.child.pid ?? 0);
  server.release(HOLD);
  const ended = await startWorknode(["continue"], place, limit).ended;
  if (context.signal.aborted) return INTERRUPTED;
  return ended.code === 0 ? 0 : failed(say, "the continued run did not end well", ended);
}

function failed(say: Narrator, what: string, ended: Ended): number {
  say.failure(`${what} (exit ${ended.code ?? ended.signal})`);
  return ended.code === null || ended.code === 0 ? NOT_SHOWN : ended.code;
}

/** Shows what the log and the server prove; false when a promise was not kept. */
function prove(
  say: Narrator,
  server: ScriptedServer,
  { repository, shell }: { repository: DemoRepository; shell: boolean },
): boolean {
  const incidents = findIncidents(readEvents(repository), shell);
  const requests = server.requests();
  const whole = requests.filter((request) => request.completed).length;
  const repeated = server.repeatedWholeReplies().length;
  say.proof(incidents, { requests: requests.length, whole, repeated });
  return repeated === 0 && incidents.every(({ event }) => event !== undefined);
}

function readEvents(repository: DemoRepository): AnyEvent[] {
  const location = locateRepository(repository.directory, repository.env);
  assert(location !== undefined, "the demo's repository is a repository");
  const store = openStore(location.databasePath, { readonly: true });
  try {
    return store.events({});
  } finally {
    store.close();
  }
}
