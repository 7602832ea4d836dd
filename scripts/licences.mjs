// The licences of what a built file holds, as their terms ask.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Licences of this project, of the packages that the bundled `inputs` are from and of `others` (folders), and of the
 * grammars: each by its path below node_modules, with its text.
 */
export function licenceFiles(inputs, others) {
  const packages = new Set(inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  const folders = [...packages, ...others].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /^licen[cs]e/i.test(name))
      .map((name) => join(folder, name)),
  );
  const grammars = readdirSync("grammars")
    .filter((name) => name.endsWith(".LICENSE"))
    .map((name) => join("grammars", name));
  return ["LICENSE", ...folders.sort((one, other) => (one < other ? -1 : 1)), ...grammars].map((path) => ({
    name: path.replace(/^.*node_modules\//, ""),
    text: readFileSync(path, "utf8"),
  }));
}
