import type { Tree, TreeCursor } from "web-tree-sitter";

/** A walk over a tree, at one node at a time; offsets are UTF-16 units. */
export interface TreeSteps {
  readonly toFirstChild: () => boolean;
  readonly toNextSibling: () => boolean;
  readonly toParent: () => boolean;
  readonly type: () => number;
  readonly field: () => number;
  readonly start: () => number;
  readonly end: () => number;
  readonly isMissing: () => boolean;
  /** Nothing is asked of it afterwards. */
  readonly close: () => void;
}

/** Functions of tree-sitter's own program that take a tree and the cursor that stands where `_ts_init` says. */
const STEPS = [
  "_ts_tree_cursor_goto_first_child_wasm",
  "_ts_tree_cursor_goto_next_sibling_wasm",
  "_ts_tree_cursor_goto_parent_wasm",
  "_ts_tree_cursor_current_node_type_id_wasm",
  "_ts_tree_cursor_current_field_id_wasm",
  "_ts_tree_cursor_start_index_wasm",
  "_ts_tree_cursor_end_index_wasm",
  "_ts_tree_cursor_current_node_is_missing_wasm",
] as const;

/** What tree-sitter fills in as it starts; in a version that does not, nothing of it is there. */
export type Engine = Partial<
  Record<(typeof STEPS)[number], (tree: number) => number> & {
    _ts_init: () => number;
    getValue: (address: number, type: "i32") => number;
  }
>;

/**
 * Walks a tree from its root. Where the engine shows its own functions the walk asks them: `TreeCursor` carries the cursor
 * to them and back at each question, which takes four times as long. No other tree may be asked anything until it is closed.
 */
export function stepsThrough(tree: Tree, engine: Engine): TreeSteps {
  const { _ts_init: placeOf, getValue } = engine;
  const isShown = STEPS.every((name) => typeof engine[name] === "function");
  if (!isShown || placeOf === undefined || getValue === undefined) return stepsOf(tree.walk());
  return stepsWithin(tree, engine as Required<Engine>);
}

function stepsOf(cursor: TreeCursor): TreeSteps {
  return {
    toFirstChild: () => cursor.gotoFirstChild(),
    toNextSibling: () => cursor.gotoNextSibling(),
    toParent: () => cursor.gotoParent(),
    type: () => cursor.nodeTypeId,
    field: () => cursor.currentFieldId,
    start: () => cursor.startIndex,
    end: () => cursor.endIndex,
    isMissing: () => cursor.nodeIsMissing,
    close: () => cursor.delete(),
  };
}

/** The numbers a cursor is made of, as `TreeCursor` keeps them. */
type CursorNumbers = Record<0 | 1 | 2 | 3, number>;

/** The cursor that `walk` makes stands there when it is made, and is where it belongs again before it is deleted. */
function stepsWithin(tree: Tree, engine: Required<Engine>): TreeSteps {
  const place = engine._ts_init();
  const cursor = tree.walk();
  const address = (tree as unknown as Record<0, number>)[0];
  const { _ts_tree_cursor_goto_first_child_wasm: first, _ts_tree_cursor_goto_next_sibling_wasm: next } = engine;
  const { _ts_tree_cursor_goto_parent_wasm: parent, _ts_tree_cursor_current_node_type_id_wasm: type } = engine;
  const { _ts_tree_cursor_current_field_id_wasm: field, _ts_tree_cursor_start_index_wasm: start } = engine;
  const { _ts_tree_cursor_end_index_wasm: end, _ts_tree_cursor_current_node_is_missing_wasm: missing } = engine;
  return {
    toFirstChild: () => first(address) === 1,
    toNextSibling: () => next(address) === 1,
    toParent: () => parent(address) === 1,
    type: () => type(address),
    field: () => field(address),
    start: () => start(address),
    end: () => end(address),
    isMissing: () => missing(address) === 1,
    close: () => {
      const numbers = cursor as unknown as CursorNumbers;
      for (const at of [0, 1, 2, 3] as const) numbers[at] = engine.getValue(place + at * NUMBER_BYTES, "i32");
      cursor.delete();
    },
  };
}

const NUMBER_BYTES = 4;
