import { visitorKeys } from "oxc-parser";
import { FUNCTION_TYPES, PLACERS, type Placer } from "./ecmascript-name.js";
import type { SyntaxNode } from "./ecmascript-parse.js";
import { NODE_ROLES, type NodeRole } from "./node-role.js";
import { isPassedOver } from "./syntax-token.js";

/** What the walk has to know of a kind of node, looked up once for each node. */
export interface NodeShape {
  /** Members that may hold nodes which run; types are left out. */
  readonly keys: readonly string[];
  readonly role: NodeRole | undefined;
  /** Whether such a node may open a function wherever it stands. */
  readonly opens: boolean;
  /** Says where the children are; without it they are at the node's own bare place. */
  readonly placer: Placer | undefined;
  /** Whether there is nothing to be found at such a node, nor below it. */
  readonly empty: boolean;
}

const SHAPES: ReadonlyMap<string, NodeShape> = new Map(
  Object.entries(visitorKeys).map(([type, keys]) => [type, shape(type, keys)]),
);

/** The shape of a node. One of a kind the parser does not list has every member looked at. */
export function shapeOf(node: SyntaxNode): NodeShape {
  return SHAPES.get(node.type) ?? shape(node.type, Object.keys(node));
}

function shape(type: string, members: readonly string[]): NodeShape {
  const keys = members.filter((key) => !isPassedOver(key, false));
  const role = NODE_ROLES.get(type);
  const opens = FUNCTION_TYPES.has(type) || type === "StaticBlock";
  return { keys, role, opens, placer: PLACERS[type], empty: keys.length === 0 && role === undefined };
}
