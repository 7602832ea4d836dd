import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { packageFile } from "../../crew/state/package-file.js";
import { withHistory } from "../../effect/git/history.js";
import { type HooksPath, hooksPathOf } from "../../effect/git/hooks-path.js";
import { invalid } from "../../kernel/fault.js";
import { ciFiles } from "../check/ci-files.js";
import { CLIENT_HOOKS, installHooks, uninstallHooks } from "../check/git-hooks.js";
import { describeVerb, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";

interface Flags {
  readonly print?: true;
  readonly server?: true;
  readonly gitlab?: true;
  readonly project?: true;
  readonly plugin?: string;
}

/** `worknode install git-hooks|ci|claude-code`. */
export const installVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "install",
    "Set up git hooks, a CI job that checks every change, or Claude Code.",
  )
    .argument("<what>", "git-hooks, ci or claude-code")
    .option(
      "--server",
      "git-hooks: the pre-receive hook of a server's repository instead, where --no-verify does not help",
    )
    .option("--gitlab", "ci: a job for GitLab instead of GitHub")
    .option("--project", "claude-code: the settings a team commits, instead of this checkout's own")
    .option("--plugin <dir>", "claude-code: a plugin's folder instead")
    .option("--print", "ci, claude-code: print the files instead of writing them");
  return withArguments<Flags>(command, args, async ({ options, values }) => {
    const [what = ""] = values;
    if (what === "git-hooks") return await installGitHooks(context, options);
    if (what === "ci") return await installCi(context, options);
    if (what === "claude-code") return await (await import("./install-claude.js")).installClaude(context, options);
    throw invalid("BAD_TARGET", `there is no '${what}' to install: it is git-hooks, ci or claude-code.`);
  });
};

/** `worknode uninstall git-hooks|claude-code`. */
export const uninstallVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "uninstall",
    "Take worknode's git hooks, or what it set up for Claude Code, away and put back what was there.",
  ).argument("<what>", "git-hooks or claude-code");
  return withArguments(command, args, async ({ values }) => {
    const [what = ""] = values;
    if (what === "claude-code") return await (await import("./install-claude.js")).uninstallClaude(context);
    if (what !== "git-hooks")
      throw invalid("BAD_TARGET", `there is no '${what}' to uninstall: it is git-hooks or claude-code.`);
    const done = uninstallHooks((await hooksPlace(context)).folder, [...CLIENT_HOOKS, "pre-receive"]);
    for (const line of done.length === 0 ? ["no hook of worknode's is installed"] : done) writeLine(context.out, line);
    return 0;
  });
};

async function installGitHooks(context: CliContext, { server }: Flags): Promise<number> {
  const program = { node: process.execPath, main: packageFile("dist", "main.js"), verb: ["check"] };
  const names = server === true ? ["pre-receive"] : CLIENT_HOOKS;
  for (const line of installHooks(ownFolder(await hooksPlace(context)), names, program)) writeLine(context.out, line);
  return 0;
}

interface HooksPlace {
  /** The repository's own: its `core.hooksPath`, else `hooks` of its common directory. */
  readonly folder: string;
  /** What sends git to a folder of other repositories' as well. */
  readonly elsewhere: HooksPath | undefined;
}

const OWN_SCOPES: ReadonlySet<string> = new Set(["local", "worktree"]);

async function hooksPlace(context: CliContext): Promise<HooksPlace> {
  return await withHistory(context, async ({ git, top, gitDir }) => {
    const set = hooksPathOf({ top, gitDir }, context.env);
    const isOwn = set !== undefined && OWN_SCOPES.has(set.scope);
    if (isOwn) return { folder: resolve(top ?? gitDir, set.path), elsewhere: undefined };
    const common = (await git.run(["rev-parse", "--git-common-dir"])).replace(/\n$/, "");
    return { folder: join(resolve(top ?? gitDir, common), "hooks"), elsewhere: set };
  });
}

/** Throws Fault HOOKS_ELSEWHERE (exit 2) where git would not look at hooks of the repository's own. */
function ownFolder({ folder, elsewhere }: HooksPlace): string {
  if (elsewhere === undefined) return folder;
  throw invalid(
    "HOOKS_ELSEWHERE",
    `core.hooksPath is ${elsewhere.path} (${elsewhere.scope} configuration): git looks for the hooks of all your repositories there, and for none in this one. To have this one use its own instead: git config core.hooksPath '${folder}', and install again.`,
  );
}

async function installCi(context: CliContext, { print, gitlab }: Flags): Promise<number> {
  const files = ciFiles(gitlab === true ? "gitlab" : "github", { checkFile: packageFile("dist", "check.mjs") });
  const top = await withHistory(context, async (history) => history.top);
  for (const { path, content, shown } of files) {
    if (print === true) writeLine(context.out, `# ${path}\n${shown}`);
    else writeLine(context.out, writeNew(join(top ?? context.cwd, path), path, content));
  }
  if (print === true) return 0;
  if (gitlab === true)
    writeLine(
      context.out,
      "Add to .gitlab-ci.yml, so that GitLab finds the job: include: { local: .gitlab/worknode.yml }",
    );
  writeLine(context.out, "Commit these files: from then on every change is observed. docs/ci.md says how to enforce.");
  return 0;
}

/** A file that is there stays: it may have been changed since. */
function writeNew(target: string, path: string, content: string | Uint8Array): string {
  if (existsSync(target)) return `${path} is there already: left as it is`;
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  return `${path} written`;
}
