import { z } from "zod";
import { inside, type Sources } from "./sources.js";

/** The parts of a package.json that are looked at; the rest may be anything. */
const manifestSchema = z.object({
  packageManager: z.string().optional().catch(undefined),
  workspaces: z
    .union([z.array(z.string()), z.object({ packages: z.array(z.string()) })])
    .optional()
    .catch(undefined),
  scripts: z.record(z.string(), z.string()).default({}).catch({}),
  dependencies: z.record(z.string(), z.unknown()).default({}).catch({}),
  devDependencies: z.record(z.string(), z.unknown()).default({}).catch({}),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** The package.json of a folder; undefined where there is none that can be read. */
export function readManifest(sources: Sources, folder: string): Manifest | undefined {
  const text = sources.read(inside(folder, "package.json"));
  if (text === undefined) return undefined;
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
