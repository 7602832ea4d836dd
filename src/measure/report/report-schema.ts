import { z } from "zod";

/** What is said of a report without a better description. */
export const NO_REPORT = "not a report of this format";

/** A list that is refused at its first fault: a report may hold millions of them, and zod would describe each. */
export function listOf<T>(member: z.ZodType<T>): z.ZodType<T[]> {
  return z.array(z.unknown()).transform((values, context) => {
    const read: T[] = [];
    for (const [index, value] of values.entries()) {
      const parsed = member.safeParse(value);
      if (!parsed.success) return refuse(context, index, parsed.error);
      read.push(parsed.data);
    }
    return read;
  });
}

/** Members by name, refused at the first fault as lists are. */
export function membersOf<T>(member: z.ZodType<T>): z.ZodType<Map<string, T>> {
  return z.record(z.string(), z.unknown()).transform((values, context) => {
    const read = new Map<string, T>();
    for (const [name, value] of Object.entries(values)) {
      const parsed = member.safeParse(value);
      if (!parsed.success) return refuse(context, name, parsed.error);
      read.set(name, parsed.data);
    }
    return read;
  });
}

function refuse(context: z.RefinementCtx, at: string | number, error: z.ZodError): never {
  const [issue] = error.issues;
  context.addIssue({ code: "custom", path: [at, ...(issue?.path ?? [])], message: issue?.message ?? NO_REPORT });
  return z.NEVER;
}
