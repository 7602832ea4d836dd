import { invalid } from "../../kernel/fault.js";
import { placeOf } from "../git/commit-header.js";
import type { History } from "../git/history.js";
import { isPlainName } from "../git/object-reader.js";
import { isAmbiguous, longNames } from "../git/ref-name.js";
import { resolveCommit } from "../workspace/branch.js";

/** Commits looked at in one check. */
const MAX_COMMITS = 10_000;

/** A commit as its object says. */
export interface Commit {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  /** `Name <address>`, without the time. */
  readonly author: string;
  readonly committer: string;
  readonly message: string;
}

/**
 * Commits reachable from `head` and from none of `others`, oldest first; what of those is a tree keeps none out. Throws Fault SHALLOW where a shallow clone was cut
 * off among them, TOO_MANY_COMMITS (exit 2).
 */
export async function listCommits(history: History, others: readonly string[], head: string): Promise<Commit[]> {
  const known = await history.objects.describe(others);
  const without = known.filter((object) => object?.type === "commit").map((object) => `^${object?.id}`);
  const args = ["rev-list", "--topo-order", "--reverse", `--max-count=${MAX_COMMITS + 1}`, head, ...without];
  const ids = (await history.git.run(args)).split("\n").filter(Boolean);
  if (ids.length > MAX_COMMITS)
    throw invalid(
      "TOO_MANY_COMMITS",
      `${head} has more than ${MAX_COMMITS} commits that its base lacks. Name a newer base.`,
    );
  if (ids.some((id) => history.cutOff.has(id)))
    throw shallow(`the commits between ${others[0]} and ${head} are not all here`);
  return await readCommits(history, ids);
}

/** A shallow clone lacks what is asked for. */
export function shallow(what: string): ReturnType<typeof invalid> {
  const advice =
    "Fetch the whole history: `git fetch --unshallow`, in GitHub Actions `fetch-depth: 0`, in GitLab `GIT_DEPTH: 0`.";
  return invalid("SHALLOW", `this is a shallow clone, and ${what}. ${advice}`);
}

/** Reads commit objects in the order given. Throws Fault NO_COMMIT (exit 2) for what is none. */
export async function readCommits({ objects }: Pick<History, "objects">, ids: readonly string[]): Promise<Commit[]> {
  return (await objects.read(ids)).map((object, index) => {
    if (object?.type !== "commit") throw invalid("NO_COMMIT", `the repository holds no commit ${ids[index]}.`);
    return parseCommit(object.id, object.content);
  });
}

/**
 * Ids of the commits that names stand for; undefined for a name that stands for none. Throws Fault AMBIGUOUS_REF (exit 2)
 * for a name that could stand for several.
 */
export async function findCommits(
  { objects, git }: Pick<History, "objects" | "git">,
  names: readonly string[],
): Promise<(string | undefined)[]> {
  for (const name of names) await refuseAmbiguous(objects, name);
  const plain = names.filter(isPlainName);
  const found = await objects.describe(plain.map((name) => `${name}^{commit}`));
  const known = new Map(plain.map((name, index) => [name, found[index]?.id]));
  for (const name of names)
    if (!known.has(name)) known.set(name, name.startsWith("-") ? undefined : await resolveCommit(git, name));
  return names.map((name) => known.get(name));
}

/** A tag of the name of a branch comes first with git, and whoever may push a tag would choose the base. */
async function refuseAmbiguous(objects: History["objects"], name: string): Promise<void> {
  const asked = longNames(name);
  const found = (await objects.describe(asked.map((each) => `${each}^{commit}`))).map((object) => object?.id);
  if (!isAmbiguous(name, found)) return;
  const several = asked.filter((_, index) => found[index] !== undefined).join(", ");
  throw invalid("AMBIGUOUS_REF", `'${name}' may be any of: ${several}, or a commit's id. Name one of them in full.`);
}

/** Headers, an empty line, the message. Text that is not UTF-8 is read byte by byte. */
function parseCommit(id: string, bytes: Buffer): Commit {
  const utf8 = bytes.toString("utf8");
  const text = utf8.includes("\ufffd") ? bytes.toString("latin1") : utf8;
  const cut = text.indexOf("\n\n");
  const head = (cut === -1 ? text : text.slice(0, cut)).split("\n");
  const values = (name: string): string[] =>
    head.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const person = (name: string): string => (values(name)[0] ?? "").replace(/ -?\d+ [+-]\d+$/, "");
  return {
    id,
    ...placeOf(head.join("\n")),
    author: person("author"),
    committer: person("committer"),
    message: cut === -1 ? "" : text.slice(cut + 2),
  };
}
