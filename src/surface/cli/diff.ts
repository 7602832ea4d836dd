import { type ChangedLines, countChangedLines } from "../../effect/git/changed-lines.js";
import { diffCommits } from "../../effect/merge/land.js";
import { findRepository, type Repository } from "../../effect/repository/repository.js";
import { countWorkspace, diffWorkspace } from "../../effect/workspace/task-diff.js";
import type { WorkspaceArgs } from "../../effect/workspace/workspace-places.js";
import { invalid } from "../../kernel/fault.js";
import { visible, visibleJson } from "../../kernel/visible.js";
import { type Evidence, evidenceOf } from "../../memory/evidence.js";
import { describeVerb, formatOption, type OutputFormat, wholeNumber, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { harmless, type Paint, paintFor, singleLine } from "./progress/paint.js";
import { withStore } from "./project.js";

/** Characters of unmerged work that are shown. */
const MAX_DIFF_CHARS = 4_000_000;

interface Flags {
  cycle?: number;
  stat?: true;
  outputFormat: OutputFormat;
}

/** A task's evidence with its changes, or by `--stat` with the files they are in; `diff` is null where there are none. */
interface TaskDiff extends Evidence {
  readonly diff: string | null;
  readonly files?: readonly ChangedLines[];
}

/** `worknode diff [TASK]`: the work of a cycle, task by task, each with the evidence it was accepted by. */
export const diffVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "diff",
    "Show a cycle's work, task by task, with the evidence it was accepted by.",
  )
    .argument("[task]", "one task only")
    .option("--cycle <n>", "another cycle than the newest", wholeNumber(1))
    .option("--stat", "the evidence and the changed files, without the changes")
    .addOption(formatOption());
  return withArguments<Flags>(command, args, async ({ options, values }) => {
    const tasks = await collect(context, options, values[0]);
    if (options.outputFormat === "json") writeLine(context.out, visibleJson({ tasks }));
    else for (const line of tasks.flatMap((task) => taskLines(task, paintFor(context)))) writeLine(context.out, line);
    return 0;
  });
};

async function collect(context: CliContext, flags: Flags, task: string | undefined): Promise<TaskDiff[]> {
  return await withStore(context, async (store) => {
    const row = store.queries.cycle(flags.cycle ?? store.queries.maxCycle());
    if (row === undefined) throw invalid("NO_CYCLE", "there is no such cycle. `worknode status` lists them.");
    const all = evidenceOf(store, row.number);
    const wanted = task === undefined ? all : all.filter((one) => one.task === task);
    if (wanted.length === 0) throw invalid("UNKNOWN_TASK", `cycle ${row.number} has no task '${task ?? ""}'.`);
    const repository = await findRepository(context.cwd, { env: context.env });
    const found: TaskDiff[] = [];
    for (const one of wanted) {
      const place = { cycle: row.number, task: one.task, branch: row.branch };
      if (flags.stat === true) found.push({ ...one, diff: null, files: await filesOf(repository, one, place) });
      else found.push({ ...one, diff: await changesOf(repository, one, place) });
    }
    return found;
  });
}

async function filesOf(
  repository: Repository,
  { commit, parent }: Evidence,
  place: WorkspaceArgs,
): Promise<ChangedLines[]> {
  if (commit !== null && parent !== null) return await countChangedLines(repository.git, parent, commit);
  return await countWorkspace(repository, place);
}

async function changesOf(
  repository: Repository,
  { commit, parent }: Evidence,
  place: WorkspaceArgs,
): Promise<string | null> {
  if (commit !== null && parent !== null) return await diffCommits(repository, parent, commit);
  return (await diffWorkspace(repository, place, MAX_DIFF_CHARS)) ?? null;
}

/** What a task was accepted by, one fact a line. */
export function evidenceLines(one: Evidence): string[] {
  const { task, title, status, commands, coverage, critics, waivers } = one;
  const by = one.agent === null ? "" : `, by ${one.agent} at attempt ${Math.max(1, one.attempts)}`;
  const cited = one.output_event === null ? "" : ` [${one.output_event}]`;
  const ran = commands.map(({ role, exit_code }) => `${role} exit ${exit_code ?? "none"}`).join(", ");
  const facts = [
    ...(one.summary === null ? [] : [`said: ${one.summary}`]),
    ...(ran === "" ? [] : [`verified: ${ran}${cited}`]),
    ...(coverage === null ? [] : [`coverage: ${(coverage * 100).toFixed(1)} % of changed lines`]),
    ...critics.map(({ agent, decision }) => `critic: ${agent} ${decision}`),
    ...(waivers.length === 0 ? [] : [`waived: ${waivers.join(", ")}`]),
  ];
  return [singleLine(`${task} ${status}: ${title}${by}`), ...facts.map((fact) => `  ${singleLine(fact)}`)];
}

function taskLines(task: TaskDiff, paint: Paint): string[] {
  const [head = "", ...facts] = evidenceLines(task);
  const where = task.commit === null ? "not merged" : task.commit.slice(0, 10);
  const lines = (task.diff ?? "").split("\n").filter((line, index) => index > 0 || !/^[0-9a-f]{40,64}$/.test(line));
  return [
    paint("bold", `${head} (${where})`),
    ...facts,
    ...(task.files ?? []).map(fileLine),
    ...(task.diff === null ? [] : lines.map((line) => painted(line, paint))),
  ];
}

function fileLine({ path, added, removed }: ChangedLines): string {
  const counts = added === null || removed === null ? "binary" : `+${added} -${removed}`;
  return `  ${counts.padEnd(12)} ${harmless(path)}`;
}

function painted(line: string, paint: Paint): string {
  const text = visible(line);
  if (/^(diff |index |--- |\+\+\+ )/.test(text)) return paint("bold", text);
  if (text.startsWith("@@")) return paint("cyan", text);
  if (text.startsWith("+")) return paint("green", text);
  return text.startsWith("-") ? paint("red", text) : text;
}
