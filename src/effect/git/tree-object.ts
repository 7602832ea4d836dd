import { Fault } from "../../kernel/fault.js";

/** What a tree holds under one name. */
export interface TreeEntry {
  /** As git writes it: `100644`, `40000`, `120000`. */
  readonly mode: string;
  readonly id: string;
}

/** Name of the tree without a file, under SHA-1 and SHA-256. */
const EMPTY_TREES: readonly string[] = [
  "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
];

/** The tree without a file, in the repository that an id is of. */
export function emptyTree(id: string): string {
  return EMPTY_TREES.find(({ length }) => length === id.length) ?? "";
}

/** `<mode> <name> NUL <id>`, again and again. */
const SPACE = 0x20;
const NUL = 0;

/**
 * The entry of a name in a tree as git stores it, or undefined where it has none: then there is no such file, while a
 * path that git cannot find may also be one whose object is missing. Throws Fault BAD_TREE for what is no tree.
 */
export function entryNamed(tree: Buffer, name: string, idBytes: number): TreeEntry | undefined {
  const wanted = Buffer.from(name, "utf8");
  for (let at = 0; at < tree.length; ) {
    const space = tree.indexOf(SPACE, at);
    const end = tree.indexOf(NUL, space);
    const next = end + 1 + idBytes;
    if (space === -1 || end === -1 || next > tree.length) throw new Fault("BAD_TREE", "git gave a tree that is none");
    if (tree.subarray(space + 1, end).equals(wanted))
      return { mode: tree.toString("latin1", at, space), id: tree.toString("hex", end + 1, next) };
    at = next;
  }
  return undefined;
}
