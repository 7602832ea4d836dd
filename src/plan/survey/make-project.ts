import type { PlanVerify } from "../../schema/plan-task.js";
import { type Found, inside, isWithin, type Sources } from "./sources.js";

const MAKEFILES = ["GNUmakefile", "Makefile", "makefile"];
const C_FILE = /\.(c|cc|cpp|cxx)$/;
const TEST_TARGETS = ["check", "test", "tests"];

/** How a C or C++ project is verified: by make, or by cmake and ctest; gcovr reads what gcc counted. */
export function surveyC(sources: Sources, folder: string): Found | undefined {
  const code = sources.files.some((path) => isWithin(folder, path) && C_FILE.test(path));
  if (!code) return undefined;
  const makefile = MAKEFILES.map((name) => inside(folder, name)).find((path) => sources.files.includes(path));
  const made = makefile === undefined ? undefined : byMake(sources, folder, sources.read(makefile) ?? "");
  if (made?.project.verify !== undefined) return made;
  return sources.files.includes(inside(folder, "CMakeLists.txt")) ? byCmake(sources, folder) : made;
}

function byMake(sources: Sources, folder: string, makefile: string): Found {
  const project = { path: folder, kind: "c" } as const;
  const target = TEST_TARGETS.find((name) => new RegExp(`^${name}\\s*::?(?!=)`, "m").test(makefile));
  if (target === undefined)
    return { project, notes: [`${folder}: the Makefile has no target ${TEST_TARGETS.join(" or ")}`] };
  const make = ["make", ...(folder === "." ? [] : ["-C", folder]), target];
  if (sources.has("gcovr") && /\$[({]CC[)}]/.test(makefile))
    return { project: { ...project, verify: withGcovr(folder, make, compilerOf(makefile)) }, notes: [] };
  const note = `${folder}: no coverage report: install gcovr, and let the Makefile compile with $(CC)`;
  return { project: { ...project, verify: { test: make } }, notes: [note] };
}

/** The compiler the Makefile names, with what it is told there. */
function compilerOf(makefile: string): string {
  return /^CC\s*[:?]{0,2}=\s*([^$\n]+)$/m.exec(makefile)?.[1]?.trim() ?? "gcc";
}

/** gcc counts when it is asked through CC, which keeps the project's own flags. Compiled anew, as scratch starts empty. */
function withGcovr(folder: string, make: readonly string[], compiler: string): PlanVerify {
  const report = inside(folder, "coverage.json");
  return {
    compile: [...make, `CC=${compiler} --coverage`],
    test: ["gcovr", "--json", report, ...(folder === "." ? [] : ["--filter", `${folder}/`])],
    coverage: { report, format: "gcovr" },
  };
}

/**
 * cmake's own row of configuring, building and testing; with gcovr as one command that gcc counts in, which leaves
 * `test` to the report.
 */
function byCmake(sources: Sources, folder: string): Found {
  const build = inside(folder, "build");
  const project = { path: folder, kind: "c" } as const;
  const report = inside(folder, "coverage.json");
  if (sources.has("gcovr")) {
    const counted = ["--build-options", "-DCMAKE_C_FLAGS=--coverage", "-DCMAKE_CXX_FLAGS=--coverage"];
    const tests = ["--test-command", "ctest", "--output-on-failure"];
    const compile = [
      "ctest",
      "--build-and-test",
      folder,
      build,
      "--build-generator",
      "Unix Makefiles",
      ...counted,
      ...tests,
    ];
    const test = ["gcovr", "--json", report, ...(folder === "." ? [] : ["--filter", `${folder}/`])];
    return { project: { ...project, verify: { compile, test, coverage: { report, format: "gcovr" } } }, notes: [] };
  }
  const verify = {
    compile: ["cmake", "-S", folder, "-B", build],
    lint: ["cmake", "--build", build],
    test: ["ctest", "--test-dir", build, "--output-on-failure"],
  };
  const note = `${folder}: no coverage report: install gcovr, or name a command that writes one in its verify`;
  return { project: { ...project, verify }, notes: [note] };
}
