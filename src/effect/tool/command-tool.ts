import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import { Fault, messageOf } from "../../kernel/fault.js";
import { languageOf } from "../../measure/language.js";
import type { Change, ChangeKind } from "../../schema/effect.js";
import type { Call, Permit } from "../authority.js";
import { diskFault, isDiskFull, refuseFullDisk } from "../disk/disk-fault.js";
import { beginningOf } from "../disk/file-content.js";
import { readRegular } from "../disk/path-fact.js";
import { decodeText } from "../disk/text.js";
import { journalKey } from "../keep/journal.js";
import type { FileImage, KeepChange } from "../keep/prepared.js";
import { ownedName } from "../sandbox/abandoned.js";
import { listEffects } from "../sandbox/effects.js";
import { type IgnoreRules, loadIgnoreRules } from "../sandbox/ignore-rules.js";
import { runInSandbox } from "../sandbox/run.js";
import { type FoundScratch, findScratch, keepScratch, type ScratchRules } from "../sandbox/scratch.js";
import { type TakenLayer, takeLayer } from "../sandbox/spare-layer.js";
import type { SandboxRun, SandboxSetting, StopReason } from "../sandbox/spec.js";
import type { TaskWorkspace } from "../workspace/workspace.js";

/** What git reads of a file that may be a HEAD. */
const HEAD_BYTES = 256;
/** The shells a command may be meant for, best first. */
const SHELLS = ["/bin/bash", "/bin/sh"] as const;

/** What an agent's command is run with. */
export interface CommandOptions {
  readonly setting: SandboxSetting;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly scratch: Pick<ScratchRules, "patterns" | "isDenied"> & { readonly named: readonly string[] };
}

/** An agent's command that has run in its layer. Nothing of it has reached the worktree. */
export interface RanCommand {
  readonly run: SandboxRun;
  /** Why it is to be discarded whole, whatever it did: a limit stopped it, or it changed more than can be looked at. */
  readonly stopped: StopReason | "effects" | null;
  /** What is too much, where its effects cannot be looked at. */
  readonly excess?: string;
  /** Net effects outside scratch. Empty for a command that was stopped. */
  readonly changes: readonly Change[];
  /** One for each added or modified file. */
  readonly images: readonly FileImage[];
  readonly modes: ReadonlyMap<string, number>;
  /** What keeping means, one for each path. */
  readonly keep: readonly KeepChange[];
  /** Moves what is scratch to where the task's next command finds it. For a command whose effects are kept. */
  keepScratch(): Promise<void>;
  /** Removes the layer. To be called whatever came of the command. */
  discard(): Promise<void>;
}

/**
 * Runs `Bash` on a fresh layer of the workspace, behind the wall, and looks at what it left. Uses up the
 * permit. Throws the faults of `runInSandbox`; the layer is then gone already.
 */
export async function runCommandTool(
  permit: Permit,
  workspace: TaskWorkspace,
  call: Call<{ readonly command: string }>,
  options: CommandOptions,
): Promise<RanCommand> {
  const dir = join(workspace.layerDir, ownedName("bash", journalKey(call.callId)));
  const taken = await takeLayer(dir, options.setting.links.length);
  try {
    const run = await runInSandbox(
      permit,
      call,
      {
        ...options.setting,
        layer: taken.layer,
        ...scratchOf(workspace),
        argv: [shell(), "-c", call.args.command],
        cwd: "",
        timeoutMs: options.timeoutMs,
      },
      { signal: options.signal },
    );
    return await look(workspace, taken, { run, options }).catch((thrown) => unreadable(thrown, workspace.taskDir));
  } catch (thrown) {
    await taken.discard(false);
    throw thrown;
  }
}

/** Whatever a command leaves, an error of the system at the look at it is the call's end and not worknode's. */
function unreadable(met: unknown, taskDir: string): never {
  const thrown = isDiskFull(met) ? diskFault(met, taskDir) : met;
  const { code } = thrown as NodeJS.ErrnoException;
  if (thrown instanceof Fault || code === undefined) throw thrown;
  const message = `the effects of the command cannot be told: ${messageOf(thrown)}`;
  throw new Fault("EFFECTS_UNREADABLE", message, { cause: thrown });
}

function shell(): string {
  return SHELLS.find((path) => existsSync(path)) ?? SHELLS[1];
}

function scratchOf(workspace: TaskWorkspace): { scratch?: string } {
  return existsSync(workspace.scratchDir) ? { scratch: workspace.scratchDir } : {};
}

async function look(
  workspace: TaskWorkspace,
  taken: TakenLayer,
  { run, options }: { run: SandboxRun; options: CommandOptions },
): Promise<RanCommand> {
  const { upper } = taken.layer;
  const discard = (): Promise<void> => taken.discard(run.stopped === null);
  const nothing = { changes: [], scratch: NO_SCRATCH };
  const find = async () => (taken.isUntouched() ? nothing : await leftovers(workspace, upper, options));
  const left = run.stopped === null ? await find() : { stopped: run.stopped };
  if ("stopped" in left) {
    const none = { changes: [], images: [], modes: new Map<string, number>(), keep: [] };
    return { run, ...left, ...none, keepScratch: () => Promise.resolve(), discard };
  }
  const { changes, scratch } = left;
  const modes = modesOf(upper, changes);
  return {
    run,
    stopped: null,
    changes,
    images: await imagesOf(workspace, upper, changes),
    modes,
    keep: keepOf(upper, changes, modes),
    keepScratch: () => keepScratch(upper, workspace.scratchDir, scratch),
    discard,
  };
}

const NO_SCRATCH: FoundScratch = { paths: new Set(), marked: [], nameless: [] };

/** What the command left, or why it is more than can be looked at. Throws Fault DISK_FULL. */
async function leftovers(
  workspace: TaskWorkspace,
  upper: string,
  options: CommandOptions,
): Promise<{ changes: Change[]; scratch: FoundScratch } | Pick<RanCommand, "stopped" | "excess">> {
  refuseFullDisk(upper, workspace.taskDir);
  try {
    const ignored: IgnoreRules = async (paths) =>
      paths.length === 0 ? new Set() : (await ignoreRules(workspace))(paths);
    const scratch = await findScratch(upper, workspace.worktree, { ...options.scratch, ignored });
    return { scratch, changes: await listEffects(upper, workspace.worktree, { scratch: scratch.paths }) };
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === "EFFECTS_LIMIT")
      return { stopped: "effects", excess: thrown.message };
    throw thrown;
  }
}

const loadedRules = new WeakMap<TaskWorkspace, Promise<IgnoreRules>>();

/** Read once for each workspace: they are the base commit's, which does not change. */
function ignoreRules(workspace: TaskWorkspace): Promise<IgnoreRules> {
  const known = loadedRules.get(workspace);
  if (known !== undefined) return known;
  const { git, gitDir, baseCommit, taskDir } = workspace;
  const loading = loadIgnoreRules({ git, gitDir, baseCommit, directory: join(taskDir, "ignore") });
  loadedRules.set(workspace, loading);
  loading.catch(() => loadedRules.delete(workspace));
  return loading;
}

/** Modes as the command left them. Looking at a file's content may have given its owner the right to read it. */
function modesOf(upper: string, changes: readonly Change[]): Map<string, number> {
  const modes = new Map<string, number>();
  for (const { path, kind } of changes) {
    if (!isKeepable(kind)) continue;
    const stats = lstatSync(join(upper, path), { throwIfNoEntry: false });
    if (stats?.isFile() === true) modes.set(path, stats.mode & 0o7777);
  }
  return modes;
}

/** Texts before and after. */
async function imagesOf(workspace: TaskWorkspace, upper: string, changes: readonly Change[]): Promise<FileImage[]> {
  const images: FileImage[] = [];
  for (const { path, kind, before, after } of changes) {
    if ((kind !== "add" && kind !== "modify") || after === null) continue;
    const was = before === null ? null : (await imageText(join(workspace.worktree, path), path)).after;
    images.push({ path, before: was, ...(await imageText(join(upper, path), path)) });
  }
  return images;
}

/**
 * A file's text. Code that cannot be judged has a fault instead; what is neither code nor text has no
 * functions, and its bytes stand as Latin-1, so that empty is still empty. Of a longer file its beginning: git reads no more of a HEAD.
 */
async function imageText(file: string, path: string): Promise<Pick<FileImage, "after" | "fault">> {
  const content = await readRegular(file, MAX_FILE_BYTES);
  const code = languageOf(path) !== undefined;
  if (content === null)
    return code
      ? { after: "", fault: `is longer than ${MAX_FILE_BYTES} bytes` }
      : { after: `${beginningOf(file, HEAD_BYTES)}\n(longer than is looked at)` };
  const text = decodeText(content);
  if (text === null && code) return { after: "", fault: "is not UTF-8 text" };
  return { after: text ?? content.toString("latin1") };
}

/** One for each path: content and mode of a file may both have changed. */
function keepOf(upper: string, changes: readonly Change[], modes: ReadonlyMap<string, number>): KeepChange[] {
  const byPath = new Map<string, KeepChange>();
  for (const { path, kind, before, after } of changes) {
    if (!isKeepable(kind)) continue;
    const source = after === null ? {} : { sourceFile: join(upper, path) };
    const mode = kind === "modify" ? undefined : gitMode(modes.get(path));
    const change = { path, kind, before, after, ...source, ...(mode === undefined ? {} : { mode }) };
    const known = byPath.get(path);
    byPath.set(path, known === undefined ? change : { ...change, ...known, ...(mode === undefined ? {} : { mode }) });
  }
  return [...byPath.values()];
}

/** What the gate can allow; a judgement with any other kind has no permit. */
function isKeepable(kind: ChangeKind): kind is KeepChange["kind"] {
  return kind === "add" || kind === "modify" || kind === "mode";
}

/** Git knows programs and other files, nothing in between. */
function gitMode(mode: number | undefined): number | undefined {
  if (mode === undefined) return undefined;
  return (mode & 0o100) === 0 ? 0o644 : 0o755;
}
