import { Document, isScalar, visit } from "yaml";

/** A plan as people write it: YAML with lists of plain values on one line. */
export function planText(plan: object): string {
  const document = new Document(plan, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, list) => {
      list.flow = list.items.every((item) => isScalar(item));
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
