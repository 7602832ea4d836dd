import { createHash } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../kernel/fault.js";
import { systemRandom } from "../../kernel/ids.js";
import { IDENTITY } from "../git/git.js";
import type { Repository } from "../repository/repository.js";

/** What a commit of worknode's holds. */
export interface CommitText {
  readonly tree: string;
  readonly parent: string;
  /** Whole message, ended by a line break. */
  readonly message: string;
  /** Time of the commit in seconds since 1970. */
  readonly at: number;
}

/** The object as git stores it, without its header. */
function textOf({ tree, parent, message, at }: CommitText): Buffer {
  const who = `${IDENTITY.name} <${IDENTITY.email}> ${at} +0000`;
  return Buffer.from(`tree ${tree}\nparent ${parent}\nauthor ${who}\ncommitter ${who}\n\n${message}`);
}

/** The id that git gives a commit; the length of its tree's id tells the repository's hash. */
export function commitId(commit: CommitText): string {
  const text = textOf(commit);
  const hash = createHash(commit.tree.length === 64 ? "sha256" : "sha1");
  return hash.update(`commit ${text.length}\0`).update(text).digest("hex");
}

/**
 * Writes commits, which no branch leads to yet, in their order by one git, and answers their ids. Throws Fault GIT_FAILED,
 * also where git names one otherwise than `commitId`.
 */
export async function writeCommits(repository: Repository, commits: readonly CommitText[]): Promise<string[]> {
  const place = join(repository.stateDir, `commit.${systemRandom.hex(8)}`);
  const files = commits.map((_, at) => `${place}.${at}`);
  try {
    for (const [at, commit] of commits.entries()) await writeFile(`${place}.${at}`, textOf(commit));
    const input = files.map((file) => `${file}\n`).join("");
    const made = (await repository.git.run(["hash-object", "-t", "commit", "-w", "--stdin-paths"], { input })).split(
      "\n",
    );
    const ids = commits.map(commitId);
    if (ids.some((id, at) => made[at] !== id))
      throw new Fault("GIT_FAILED", `git made other commits than ${ids.join(", ")}`);
    return ids;
  } finally {
    await Promise.all(files.map((file) => rm(file, { force: true })));
  }
}
