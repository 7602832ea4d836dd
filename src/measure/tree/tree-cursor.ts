import type { Tree, TreeCursor } from "web-tree-sitter";
import type { NodeRoom } from "./tree-memory.js";

/** Reads a tree by asking the parser for one node after the other: for a parser whose memory cannot be read. */
export function readByCursor(tree: Tree, room: NodeRoom): void {
  const cursor = tree.walk();
  const around: number[] = [];
  try {
    do {
      const {
        nodeTypeId: type,
        startIndex: start,
        endIndex: end,
        currentFieldId: field,
        nodeIsMissing: isMissing,
      } = cursor;
      room.add({ type, start, end, parent: around.at(-1) ?? -1, field, isMissing });
    } while (advance(cursor, around, room.size - 1));
  } finally {
    cursor.delete();
  }
}

/** Goes to the next node in the order of the text, and keeps what it stands in; false at the end. */
function advance(cursor: TreeCursor, around: number[], last: number): boolean {
  if (cursor.gotoFirstChild()) {
    around.push(last);
    return true;
  }
  while (!cursor.gotoNextSibling()) {
    if (!cursor.gotoParent()) return false;
    around.pop();
  }
  return true;
}
