import { dirname, posix } from "node:path";
import type { History } from "../../effect/git/history.js";
import { readBlobs } from "../../effect/git/history-files.js";
import type { TreeDifference } from "../../effect/workspace/tree.js";
import { foldName, pathFault } from "../../gate/path.js";
import { MAX_PATH_BYTES } from "../../kernel/bounds.js";
import { languageOf } from "../../measure/language.js";
import type { CheckFinding } from "../../schema/check-report.js";
import { aboutFile } from "./finding.js";
import type { Judged } from "./rules.js";

/** Entries of a change with what they need to be judged by. */
interface Entries {
  readonly history: History;
  readonly differences: readonly TreeDifference[];
}

/**
 * What no policy has to name: entries that git, a compiler or a system takes for more than a file that is judged. What the
 * policy leaves out by name is the team's to answer for; a plan allows neither links nor submodules.
 */
export async function judgeEntries(
  { history, selection, plan }: Pick<Judged, "history" | "selection" | "plan">,
  all: readonly TreeDifference[],
): Promise<CheckFinding[]> {
  const differences = all.filter(({ path, kind }) => kind !== "delete" && !selection.isLeftOut(path));
  const kinds = plan === undefined ? differences : [];
  const modules = kinds.filter(({ kind }) => kind === "special");
  return [
    ...modules.map(({ path }) => submodule(path)),
    ...differences.flatMap((difference) => oddName(difference, plan !== undefined)),
    ...differences
      .filter(({ path, kind }) => kind !== "special" && COMPILED.test(path))
      .map(({ path }) => compiled(path)),
    ...(await heads({ history, differences })),
    ...(await waysOut({ history, differences: kinds })),
  ];
}

function submodule(path: string): CheckFinding {
  return aboutFile(path, {
    rule: "submodule",
    code: "ERROR_SUBMODULE",
    message: `${path} is a submodule that leads to another commit now, and commits of other repositories are not looked into`,
    remedy: "A person looks at it; or leave the path out in .worknode/check.yaml.",
  });
}

/** A name that is not what it looks like. One that was there is told only where a plan's paths are judged. */
function oddName({ path, before }: TreeDifference, withPlan: boolean): CheckFinding[] {
  const fault = before === null || withPlan ? pathFault(path) : undefined;
  if (fault === undefined) return [];
  const remedy = "Name the file as others can see and write it.";
  return [aboutFile(path, { rule: "file-kind", code: "ERROR_PATH", message: `Path refused: ${fault}`, remedy })];
}

/** Programs that are run, loaded or imported as they are. */
const COMPILED = /\.(?:class|dll|dylib|elf|exe|jar|ko|node|pyc|pyd|pyo|so(?:\.[\d.]+)?|war|wasm)$/i;

function compiled(path: string): CheckFinding {
  return aboutFile(path, {
    rule: "readable-code",
    code: "ERROR_PARSE",
    message: `${path} is a compiled program, so its functions cannot be judged`,
    remedy: "Build it from sources that are judged, or leave the path out in .worknode/check.yaml.",
  });
}

/** Files, and links in their place, by which git takes the folder they lie in for a repository, and runs what its settings name. */
async function heads({ history, differences }: Entries): Promise<CheckFinding[]> {
  const named = differences.filter(({ path }) => foldName(posix.basename(path)) === "head");
  if (named.length === 0) return [];
  const { isHead } = await import("../../gate/check-plan.js"); // it brings the schemas of all tools
  const texts = await textsOf(history, named);
  return named
    .filter(({ path, kind, after }) => {
      const text = kind === "link" ? `ref: ${texts(after)}` : texts(after);
      return isHead({ path, before: null, after: text });
    })
    .map(({ path }) => head(path));
}

function head(path: string): CheckFinding {
  return aboutFile(path, {
    rule: "hard-deny",
    code: "ERROR_HARD_DENY",
    message: `${path} makes its folder a git repository, whose settings name programs that git runs`,
    remedy: "Take the file out, have a test make it, or leave its path out in .worknode/check.yaml.",
  });
}

/** Links that lead out of the repository: what is there runs or is read without anybody having looked at it. */
async function waysOut({ history, differences }: Entries): Promise<CheckFinding[]> {
  const links = differences.filter(({ path, kind }) => kind === "link" && languageOf(path) === undefined);
  const targets = await textsOf(history, links);
  return links.filter(({ path, after }) => leadsOut(path, targets(after))).map(({ path }) => wayOut(path));
}

function leadsOut(path: string, target: string): boolean {
  const led = posix.join(dirname(path), target);
  return posix.isAbsolute(target) || led.startsWith("..") || /(?:^|\/)\.git(?:\/|$)/i.test(led);
}

function wayOut(path: string): CheckFinding {
  return aboutFile(path, {
    rule: "file-kind",
    code: "ERROR_PATH",
    message: `${path} is a symbolic link that leads out of the repository's files`,
    remedy: "Link to a file of the repository, or leave the path out in .worknode/check.yaml.",
  });
}

/** Short texts by their blobs; the empty one for what is longer than a path, or missing. */
async function textsOf(history: History, named: readonly TreeDifference[]): Promise<(object: string | null) => string> {
  const objects = named.flatMap(({ after }) => after ?? []);
  const blobs = await readBlobs(history, objects, MAX_PATH_BYTES);
  return (object) => {
    const content = blobs.get(object ?? "");
    return typeof content === "object" ? content.toString("utf8") : "";
  };
}
