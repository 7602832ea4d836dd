import { invalid } from "../kernel/fault.js";
import type { History } from "./history.js";

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
 * Commits reachable from `head` and not from `base`, oldest first. Throws Fault SHALLOW where a shallow clone was cut
 * off among them, TOO_MANY_COMMITS (exit 2).
 */
export async function listCommits(history: History, base: string, head: string): Promise<Commit[]> {
  const args = ["rev-list", "--topo-order", "--reverse", `--max-count=${MAX_COMMITS + 1}`, head, `^${base}`];
  const ids = (await history.git.run(args)).split("\n").filter(Boolean);
  if (ids.length > MAX_COMMITS)
    throw invalid(
      "TOO_MANY_COMMITS",
      `${head} has more than ${MAX_COMMITS} commits that ${base} lacks. Name a newer base.`,
    );
  if (ids.some((id) => history.cutOff.has(id)))
    throw shallow(`the commits between ${base} and ${head} are not all here`);
  return await readCommits(history, ids);
}

/** A shallow clone lacks what is asked for. */
export function shallow(what: string): ReturnType<typeof invalid> {
  const advice =
    "Fetch the whole history: `git fetch --unshallow`, in GitHub Actions `fetch-depth: 0`, in GitLab `GIT_DEPTH: 0`.";
  return invalid("SHALLOW", `this is a shallow clone, and ${what}. ${advice}`);
}

/** Reads commit objects in the order given. Throws Fault NO_COMMIT (exit 2) for what is none. */
export async function readCommits({ git }: Pick<History, "git">, ids: readonly string[]): Promise<Commit[]> {
  if (ids.length === 0) return [];
  const { stdout } = await git.attempt(["cat-file", "--batch"], { input: ids.map((id) => `${id}\n`).join("") });
  const commits: Commit[] = [];
  let at = 0;
  for (const id of ids) {
    const end = stdout.indexOf("\n", at);
    const [, type, size] = stdout.subarray(at, Math.max(at, end)).toString("latin1").split(" ");
    if (end === -1 || type !== "commit") throw invalid("NO_COMMIT", `the repository holds no commit ${id}.`);
    const stop = end + 1 + Number(size);
    commits.push(parseCommit(id, stdout.subarray(end + 1, stop)));
    at = stop + 1;
  }
  return commits;
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
    tree: values("tree")[0] ?? "",
    parents: values("parent"),
    author: person("author"),
    committer: person("committer"),
    message: cut === -1 ? "" : text.slice(cut + 2),
  };
}
