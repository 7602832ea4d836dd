/** What a commit's object says of its place in the history. */
export interface CommitPlace {
  readonly tree: string;
  readonly parents: readonly string[];
}

/**
 * Tree and parents as git itself reads them: the first lines alone. A later line `parent` is none, and must not be one for
 * us: what it names would stand for a side of a merge that no history holds.
 */
export function placeOf(header: string): CommitPlace {
  const found = /^tree (\w+)\n((?:parent \w+\n)*)/.exec(`${header}\n`);
  const parents = (found?.[2] ?? "").split("\n").filter(Boolean);
  return { tree: found?.[1] ?? "", parents: parents.map((line) => line.slice("parent ".length)) };
}
