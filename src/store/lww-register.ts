/**
 * Last-writer-wins register over HLC stamps, for titles and notes written on several machines. It
 * favours a fast clock, so never for claims, approvals or capabilities (DESIGN §12).
 */
export interface LwwRegister<T> {
  readonly value: T;
  /** HLC stamp of the write; stamps order as plain strings. */
  readonly stamp: string;
}

/** The later write of two; associative, commutative, idempotent, as stamps are unique by their node. */
export function mergeRegisters<T>(left: LwwRegister<T>, right: LwwRegister<T>): LwwRegister<T> {
  return right.stamp > left.stamp ? right : left;
}
