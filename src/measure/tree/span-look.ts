import type { Span } from "../own-length.js";

/** Whether an offset lies within one of the spans, for offsets that ascend as the spans do. */
export function spanLook(spans: readonly Span[]): (offset: number) => boolean {
  let at = 0;
  return (offset) => {
    while ((spans[at]?.end ?? Number.POSITIVE_INFINITY) <= offset) at += 1;
    return (spans[at]?.start ?? Number.POSITIVE_INFINITY) <= offset;
  };
}
