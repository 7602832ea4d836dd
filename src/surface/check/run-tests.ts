import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createBroker } from "../../capability/broker.js";
import { compileWriteSet } from "../../capability/write-set.js";
import { proposeCall } from "../../crew/call/propose.js";
import { compileDeny } from "../../effect/deny.js";
import { splitNul } from "../../effect/git.js";
import { findRepository, type Repository } from "../../effect/repository.js";
import { removeTree } from "../../effect/sandbox/layer.js";
import { type PlanCommand, type PlanCommandResult, runPlanCommands } from "../../effect/sandbox/plan-commands.js";
import { probeBackends } from "../../effect/sandbox/probe.js";
import { resolveToolchains } from "../../effect/sandbox/toolchain.js";
import { checkToolchains } from "../../effect/sandbox/toolchain-refusal.js";
import { resolveLinks } from "../../effect/surroundings.js";
import type { GateFacts } from "../../gate/facts.js";
import { judge } from "../../gate/judge.js";
import type { Permit } from "../../gate/permit.js";
import { Fault, invalid } from "../../kernel/fault.js";
import { ok } from "../../kernel/result.js";
import type { CoverageFormat } from "../../measure/coverage.js";
import { verifyCommands } from "../../plan/verify-commands.js";
import type { CheckFinding } from "../../schema/check-report.js";
import { aboutFile } from "./finding.js";
import type { JudgedPlan } from "./plan-rules.js";

/** Characters of a failing command's output that a finding repeats. */
const MAX_TAIL_CHARS = 2_000;

/** What the plan's commands said of exactly the commit that is judged. */
export interface TestRun {
  readonly findings: readonly CheckFinding[];
  readonly notes: readonly string[];
  /** Whether every command ended well. */
  readonly pass: boolean;
  /** A coverage report they wrote, with the format the plan names. */
  readonly report: { readonly text: string; readonly format: CoverageFormat; readonly root: string } | undefined;
}

/**
 * Runs the plan's `verify` commands on the files of a commit, behind the wall and from empty scratch, as a run does. What
 * they leave is discarded. Throws Fault NO_SANDBOX (exit 2) where commands cannot be confined: they are never run
 * otherwise.
 */
export async function runTests(
  { plan: judged, head }: { plan: JudgedPlan; head: string },
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<TestRun> {
  const commands = distinctCommands(judged);
  if (commands.length === 0)
    throw invalid("NO_COMMANDS", `${judged.file.path} names no command to verify by; leave --run out.`);
  const repository = await findRepository(cwd, { env });
  const { chosen } = await probeBackends({ stateDir: repository.stateDir, env });
  if (chosen === null)
    throw invalid(
      "NO_SANDBOX",
      "this machine cannot confine commands, so none is run. `worknode doctor` says how to fix it.",
    );
  const place = await makePlace(repository);
  try {
    await exportCommit(repository, head, { files: join(place, "files"), deny: judged.plan.workspace.deny });
    const { link, toolchains, env: own } = judged.plan.workspace;
    const programs = commands.flatMap(({ argv }) => argv.slice(0, 1));
    const setting = {
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
      backend: chosen,
    };
    const callId = `check:${head.slice(0, 12)}`;
    const permit = permitFor(judged, repository, { callId, args: { commands } });
    const result = await runPlanCommands(permit, { callId, args: { commands } }, setting);
    return await testRun(judged, repository, result);
  } finally {
    await removeTree(place);
  }
}

function distinctCommands({ tasks }: JudgedPlan): PlanCommand[] {
  const all = tasks.flatMap(verifyCommands).map((command) => [JSON.stringify(command), command] as const);
  return [...new Map(all).values()];
}

async function makePlace({ stateDir }: Repository): Promise<string> {
  const place = await mkdtemp(join(stateDir, "check-"));
  await mkdir(join(place, "layers"));
  return place;
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

async function testRun({ tasks }: JudgedPlan, { root }: Repository, result: PlanCommandResult): Promise<TestRun> {
  try {
    const failed = result.runs.filter(({ exit_code }) => exit_code !== 0);
    const wanted = tasks.find(({ verify }) => verify?.coverage !== undefined)?.verify?.coverage;
    const text = wanted === undefined || failed.length > 0 ? undefined : await result.readWritten(wanted.report);
    return {
      findings: failed.map(finding),
      notes: result.runs.map(
        ({ role, argv, exit_code }) => `${role}: ${argv.join(" ")} ended with ${exit_code ?? "no exit code"}`,
      ),
      pass: failed.length === 0,
      report: wanted === undefined || text === undefined ? undefined : { text, format: wanted.format, root },
    };
  } finally {
    await result.discard();
  }
}

function finding({ role, argv, exit_code, stdout, stderr, stopped }: PlanCommandResult["runs"][number]): CheckFinding {
  const end = stopped === null ? `ended with ${exit_code}` : `was stopped (${stopped})`;
  const tail = `${stdout}\n${stderr}`.trim().slice(-MAX_TAIL_CHARS);
  return aboutFile("", {
    rule: "tests",
    code: "ERROR_TESTS_FAILED",
    figure: exit_code ?? 1,
    message: `${role} command ${argv.join(" ")} ${end}`,
    remedy: tail === "" ? "Make it succeed on exactly this commit." : `It said: ${tail}`,
  });
}
