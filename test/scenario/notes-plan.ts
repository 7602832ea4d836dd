/** One task of a plan that has notes written. */
export interface NoteTask {
  readonly id: string;
  readonly title: string;
  readonly write: readonly string[];
  readonly needs?: readonly string[];
}

const AGENTS = `agents:
  executive: { tier: executive }
  implementer: { tier: implementation }
  validator: { tier: validation }
`;

/** The plan `notes` with these tasks of the implementer; `named` where it names its agents instead of leaving them to the defaults. */
export function notesPlan(tasks: readonly NoteTask[], { named = false } = {}): string {
  const lines = tasks.map(({ id, title, write, needs }) => {
    const after = needs === undefined ? "" : ` needs: [${needs.join(", ")}],`;
    return `      - { id: ${id}, title: ${title}, owner: implementer,${after} files: { write: [${write.join(", ")}] } }\n`;
  });
  return `apiVersion: worknode/v1
kind: Plan
id: notes
title: Write the notes
${named ? AGENTS : ""}phases:
  - id: write
    tasks:
${lines.join("")}`;
}
