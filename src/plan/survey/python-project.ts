import type { PlanVerify } from "../../schema/plan-task.js";
import { type Found, inside, isWithin, type Sources } from "./sources.js";

const MANIFESTS = ["pyproject.toml", "setup.cfg", "setup.py", "requirements.txt", "requirements-dev.txt", "tox.ini"];
const ENVIRONMENTS = [".venv", "venv"];
const TEST_FILE = /(^|\/)(test_[^/]*|[^/]*_test)\.py$/;

/** How a Python project is verified: pytest where it is named or installed, else unittest. */
export function surveyPython(sources: Sources, folder: string): Found | undefined {
  const manifests = MANIFESTS.map((name) => inside(folder, name)).filter((path) => sources.files.includes(path));
  if (manifests.length === 0) return undefined;
  const project = { path: folder, kind: "python" } as const;
  const tests = sources.files.filter((path) => isWithin(folder, path) && TEST_FILE.test(path));
  if (tests.length === 0)
    return { project, notes: [`${folder}: no test_*.py is there: write one, or waive the tests in a plan`] };
  const { python, packages } = environmentOf(sources, folder);
  const wanted = manifests.some((path) => /\bpytest\b/.test(sources.read(path) ?? ""));
  if (!wanted && !packages.includes("pytest"))
    return { project: { ...project, verify: { test: unittest(python, folder) } }, notes: [advice(folder)] };
  const verify = withPytest(python, folder, packages.includes("pytest_cov"));
  return { project: { ...project, verify }, notes: verify.coverage === undefined ? [advice(folder)] : [] };
}

function advice(folder: string): string {
  return `${folder}: no coverage report: install pytest and pytest-cov into ${inside(folder, ".venv")}`;
}

function unittest(python: string, folder: string): string[] {
  return [python, "-m", "unittest", "discover", ...(folder === "." ? [] : ["-s", folder])];
}

function withPytest(python: string, folder: string, covered: boolean): PlanVerify {
  const test = [python, "-m", "pytest", "-q", ...(folder === "." ? [] : [folder])];
  if (!covered) return { test };
  const source = folder === "." ? "--cov" : `--cov=${folder}`;
  return {
    test: [...test, source, "--cov-report=json:coverage.json"],
    coverage: { report: "coverage.json", format: "coverage.py" },
  };
}

/** The project's own environment, else the machine's Python; and what is installed in it, as far as names tell. */
function environmentOf(sources: Sources, folder: string): { python: string; packages: readonly string[] } {
  const candidates = [folder, "."].flatMap((place) => ENVIRONMENTS.map((name) => inside(place, name)));
  const root = candidates.find((path) => sources.has(`${path}/bin/python`));
  if (root === undefined) return { python: "python3", packages: [] };
  const versions = sources.list(`${root}/lib`).filter((name) => name.startsWith("python"));
  const packages = versions.flatMap((version) => sources.list(`${root}/lib/${version}/site-packages`));
  return { python: `${root}/bin/python`, packages };
}
