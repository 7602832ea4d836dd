import { ERROR, type FlatTree, typeName } from "./flat-tree.js";

/** A node of a flat tree, as one asks it. */
export class TreeNode {
  /** Its number. */
  readonly at: number;
  private readonly tree: FlatTree;

  constructor(tree: FlatTree, at: number) {
    this.tree = tree;
    this.at = at;
  }

  get type(): string {
    return typeName(this.tree.grammar, this.typeId);
  }

  get startIndex(): number {
    return this.tree.starts[this.at] as number;
  }

  /** Exclusive. */
  get endIndex(): number {
    return this.tree.ends[this.at] as number;
  }

  get text(): string {
    return this.tree.text.slice(this.startIndex, this.endIndex);
  }

  /** Its text with a blank for each node of some types in it. */
  textWithout(types: ReadonlySet<string>): string {
    const { text, grammar, types: typeAt, starts, ends, nexts } = this.tree;
    let [left, from] = ["", this.startIndex];
    for (let at = this.at + 1; at < (nexts[this.at] as number); at += 1) {
      if (!types.has(typeName(grammar, typeAt[at] as number))) continue;
      left += `${text.slice(from, starts[at])} `;
      from = ends[at] as number;
    }
    return left + text.slice(from, this.endIndex);
  }

  /** Whether the parser could not read it. */
  get isError(): boolean {
    return this.typeId === ERROR;
  }

  /** Whether the grammar asked for it and the text does not have it. */
  get isMissing(): boolean {
    return this.tree.missing.has(this.at);
  }

  get parent(): TreeNode | null {
    return this.node(this.tree.parents[this.at]);
  }

  get previousSibling(): TreeNode | null {
    return this.node(this.tree.previous[this.at]);
  }

  get previousNamedSibling(): TreeNode | null {
    const { previous } = this.tree;
    let at = previous[this.at] as number;
    while (at !== -1 && !this.isNamed(at)) at = previous[at] as number;
    return this.node(at);
  }

  get children(): TreeNode[] {
    return this.childrenWhere(() => true);
  }

  get namedChildren(): TreeNode[] {
    return this.childrenWhere((at) => this.isNamed(at));
  }

  get lastChild(): TreeNode | null {
    return this.children.at(-1) ?? null;
  }

  get firstNamedChild(): TreeNode | null {
    return this.firstWhere((at) => this.isNamed(at));
  }

  /** The first child in a field of the grammar. */
  childForFieldName(name: string): TreeNode | null {
    const field = this.fieldOf(name);
    return this.firstWhere((at) => this.tree.fields[at] === field);
  }

  childrenForFieldName(name: string): TreeNode[] {
    const field = this.fieldOf(name);
    return this.childrenWhere((at) => this.tree.fields[at] === field);
  }

  private get typeId(): number {
    return this.tree.types[this.at] as number;
  }

  private isNamed(at: number): boolean {
    return this.tree.grammar.named[this.tree.types[at] as number] === 1;
  }

  /** No node stands in a field that the grammar does not have. */
  private fieldOf(name: string): number {
    return this.tree.grammar.fields.indexOf(name);
  }

  private node(at: number | undefined): TreeNode | null {
    return at === undefined || at === -1 ? null : new TreeNode(this.tree, at);
  }

  private firstWhere(isOne: (at: number) => boolean): TreeNode | null {
    const { nexts } = this.tree;
    const end = nexts[this.at] as number;
    for (let at = this.at + 1; at < end; at = nexts[at] as number) if (isOne(at)) return new TreeNode(this.tree, at);
    return null;
  }

  private childrenWhere(isOne: (at: number) => boolean): TreeNode[] {
    const { nexts } = this.tree;
    const end = nexts[this.at] as number;
    const found: TreeNode[] = [];
    for (let at = this.at + 1; at < end; at = nexts[at] as number)
      if (isOne(at)) found.push(new TreeNode(this.tree, at));
    return found;
  }
}

/**
 * The node that an offset lies in, the innermost; one without text of its own that stands right there comes before what
 * follows it.
 */
export function nodeAround(tree: FlatTree, offset: number): TreeNode {
  const { starts, ends, parents } = tree;
  for (let at = firstFrom(tree, offset); at < tree.size && starts[at] === offset; at += 1)
    if (ends[at] === offset && isReached(tree, at)) return new TreeNode(tree, at);
  let at = firstFrom(tree, offset + 1) - 1;
  while (at > 0 && (ends[at] as number) <= offset) at = parents[at] as number;
  return new TreeNode(tree, Math.max(at, 0));
}

/** Whether what holds a node without text of its own goes on behind it, or has none either. */
function isReached({ starts, ends, parents }: FlatTree, empty: number): boolean {
  const offset = starts[empty] as number;
  let at = parents[empty] as number;
  while (at > 0 && starts[at] === offset && ends[at] === offset) at = parents[at] as number;
  return at !== -1 && (ends[at] as number) > offset;
}

/** The first node that starts at an offset or after it; starts ascend. */
function firstFrom({ starts, size }: FlatTree, offset: number): number {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] as number) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
