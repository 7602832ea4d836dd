import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createBroker } from "../../capability/broker.js";
import { compileWriteSet } from "../../capability/write-set.js";
import { proposeCall } from "../../crew/call/propose.js";
import { splitNul } from "../../effect/git/git.js";
import { findRepository, type Repository } from "../../effect/repository/repository.js";
import { ownedName } from "../../effect/sandbox/abandoned.js";
import { removeTree } from "../../effect/sandbox/layer.js";
import {
  type CommandWorkspace,
  type PlanCommand,
  type PlanCommandResult,
  runPlanCommands,
} from "../../effect/sandbox/plan-commands.js";
import { probeBackends } from "../../effect/sandbox/probe.js";
import { noSandbox } from "../../effect/sandbox/probe-report.js";
import { resolveToolchains } from "../../effect/sandbox/toolchain.js";
import { checkToolchains } from "../../effect/sandbox/toolchain-refusal.js";
import { compileDeny } from "../../effect/workspace/deny.js";
import { resolveLinks } from "../../effect/workspace/surroundings.js";
import type { GateFacts } from "../../gate/facts.js";
import { judge } from "../../gate/judge.js";
import type { Permit } from "../../gate/permit.js";
import { Fault } from "../../kernel/fault.js";
import { ok } from "../../kernel/result.js";
import type { JudgedPlan } from "./plan-rules.js";
import { reportFormats } from "./run-tests.js";

/** What commands left on the files of a commit, until it is discarded. */
export type CommandsRan = Pick<PlanCommandResult, "runs" | "readWritten">;

/** Runs a plan's commands on the files of commits, behind the wall and from empty scratch. */
export interface ConfinedCommands {
  /** Where the commands see the repository. */
  readonly root: string;
  /** Runs commands on exactly a commit and hands on what they left, which is then discarded. */
  run<T>(commit: string, commands: readonly PlanCommand[], use: (ran: CommandsRan) => Promise<T>): Promise<T>;
}

interface Ground {
  readonly judged: JudgedPlan;
  readonly repository: Repository;
  readonly backend: NonNullable<CommandWorkspace["backend"]>;
  readonly env: NodeJS.ProcessEnv;
}

/** Throws Fault NO_SANDBOX (exit 2) where commands cannot be confined: they are never run otherwise. */
export async function confineCommands(
  judged: JudgedPlan,
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<ConfinedCommands> {
  const repository = await findRepository(cwd, { env });
  const report = await probeBackends({ stateDir: repository.stateDir, env, confirm: true });
  const { chosen } = report;
  if (chosen === null) throw noSandbox(report, "the plan's commands are to be run");
  const ground: Ground = { judged, repository, backend: chosen, env };
  return { root: repository.root, run: (commit, commands, use) => runIn(ground, { commit, commands }, use) };
}

async function runIn<T>(
  ground: Ground,
  { commit, commands }: { commit: string; commands: readonly PlanCommand[] },
  use: (ran: CommandsRan) => Promise<T>,
): Promise<T> {
  const { judged, repository } = ground;
  const place = await mkdtemp(join(repository.stateDir, ownedName("check", "")));
  try {
    await mkdir(join(place, "layers"));
    await exportCommit(repository, commit, { files: join(place, "files"), deny: judged.plan.workspace.deny });
    const setting = await settingOf(ground, commands, place);
    const callId = `check:${commit.slice(0, 12)}`;
    const permit = permitFor(judged, repository, { callId, args: { commands } });
    const reports = [...reportFormats(judged.tasks).keys()];
    const result = await runPlanCommands(permit, { callId, args: { commands } }, setting, { reports });
    try {
      return await use(result);
    } finally {
      await result.discard();
    }
  } finally {
    await removeTree(place);
  }
}

async function settingOf(
  { judged, repository, backend, env }: Ground,
  commands: readonly PlanCommand[],
  place: string,
): Promise<CommandWorkspace> {
  const { link, toolchains, env: own } = judged.plan.workspace;
  const programs = commands.flatMap(({ argv }) => argv.slice(0, 1));
  return {
    shownRoot: repository.root,
    lower: join(place, "files"),
    layersDir: join(place, "layers"),
    links: await resolveLinks(repository, link),
    masks: [],
    toolchains:
      toolchains === undefined
        ? resolveToolchains(programs, { PATH: env["PATH"], HOME: env["HOME"], root: repository.root })
        : checkToolchains(toolchains, { ...repository, home: env["HOME"] }),
    env: own,
    network: false,
    backend,
  };
}

/** The files of a commit but those that `workspace.deny` names. No filter of the repository's is run. */
async function exportCommit(
  { git }: Repository,
  head: string,
  { files, deny }: { files: string; deny: readonly string[] },
): Promise<void> {
  const indexFile = `${files}.index`;
  await mkdir(files);
  await git.run(["read-tree", head], { indexFile });
  const isDenied = compileDeny(deny);
  const secret = splitNul(await git.run(["ls-files", "-z"], { indexFile })).filter(isDenied);
  const input = secret.map((path) => `${path}\0`).join("");
  if (secret.length > 0) await git.run(["update-index", "--force-remove", "-z", "--stdin"], { indexFile, input });
  await git.run(["checkout-index", "--all", `--prefix=${files}/`], { indexFile });
  await rm(indexFile, { force: true });
}

/**
 * The gate's permit for the commands of a plan the base holds, under a capability that allows nothing else and that
 * nobody keeps. Throws Fault ERROR_NOT_APPROVED (exit 3).
 */
function permitFor(
  { plan, hash }: JudgedPlan,
  { clock, root }: Repository,
  { callId, args }: { callId: string; args: { commands: readonly PlanCommand[] } },
): Permit {
  const { capability } = createBroker({ privateKey: generateKeyPairSync("ed25519").privateKey, clock }).mint({
    project: plan.project,
    agent: "worknode",
    role: "steward",
    tier: "executive",
    task: "-",
    cycle: 0,
    plan_hash: hash,
    phase: "-",
    tools: ["plan.command"],
    write: [],
    limits: { max_complexity: 1, max_function_lines: 1, max_executions: 1 },
    budget: { usd: 0, tokens: 0 },
    epoch: 0,
  });
  const nothing = compileWriteSet([]);
  const facts: GateFacts = {
    nowMs: clock.nowMs(),
    shownRoot: root,
    capability: ok(capability),
    planHash: hash,
    killed: false,
    phaseActive: true,
    writes: compileWriteSet(capability.write),
    laterFiles: nothing,
    loadedFiles: new Set(),
    isDenied: compileDeny(plan.workspace.deny),
    paths: [],
    images: [],
    budget: { executionsLeft: 1, tokensLeft: null, usdLeft: null, timeLeftMs: null },
    policies: [],
    risk: { ...plan.approval.risk, humanReview: "never", violatedWithinDay: false, rejectedBefore: false },
    review: { auditor: null, humans: [], excluded: [] },
  };
  const caller = { agent: "worknode", tier: "executive", task: "-", phase: "-", cycle: 0, source: "plan" } as const;
  const { permit, denials } = judge(proposeCall(callId, "plan.command", args, caller), facts);
  if (permit !== undefined) return permit;
  const why = denials.map(({ message }) => message).join("; ");
  throw new Fault("ERROR_NOT_APPROVED", `the plan's commands were not approved: ${why}`, { exitCode: 3 });
}
