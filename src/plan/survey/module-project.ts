import { type Found, inside, type Sources } from "./sources.js";

/** How a Go module is verified. */
export function surveyGo(sources: Sources, folder: string): Found | undefined {
  if (!sources.files.includes(inside(folder, "go.mod"))) return undefined;
  const go = ["go", ...(folder === "." ? [] : ["-C", folder]), "test"];
  const report = inside(folder, "cover.out");
  const verify = {
    test: [...go, "-coverprofile=cover.out", "./..."],
    coverage: { report, format: "go" as const },
  };
  return { project: { path: folder, kind: "go", verify }, notes: [] };
}

/** How a Cargo package or workspace is verified. */
export function surveyRust(sources: Sources, folder: string): Found | undefined {
  const manifest = inside(folder, "Cargo.toml");
  if (!sources.files.includes(manifest)) return undefined;
  const where = folder === "." ? [] : ["--manifest-path", manifest];
  const project = { path: folder, kind: "rust" } as const;
  if (!sources.has("cargo-llvm-cov")) {
    const notes = [`${folder}: no coverage report: cargo install cargo-llvm-cov`];
    return { project: { ...project, verify: { test: ["cargo", "test", "--offline", ...where] } }, notes };
  }
  const test = ["cargo", "llvm-cov", "--offline", "--lcov", "--output-path", "lcov.info", ...where];
  return { project: { ...project, verify: { test, coverage: { report: "lcov.info", format: "lcov" } } }, notes: [] };
}
