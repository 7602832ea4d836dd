import { type Git, splitNul } from "./git.js";

/** How many lines a change adds to a file and takes from it; null of what is no text. */
export interface ChangedLines {
  readonly path: string;
  readonly added: number | null;
  readonly removed: number | null;
}

/** The files in which two commits or trees differ, by path. Runs nothing the repository configures. */
export async function countChangedLines(git: Pick<Git, "run">, from: string, to: string): Promise<ChangedLines[]> {
  const how = ["-r", "-z", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv"];
  return splitNul(await git.run(["diff-tree", ...how, from, to])).map((entry) => {
    const [added = "-", removed = "-", ...path] = entry.split("\t");
    return { path: path.join("\t"), added: countOf(added), removed: countOf(removed) };
  });
}

function countOf(text: string): number | null {
  return text === "-" ? null : Number(text);
}
