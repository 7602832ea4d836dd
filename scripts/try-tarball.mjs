// Tries the package as a user gets it: packs it, and for each Node version installs the tarball into an empty folder
// and runs its demo to the end. `node scripts/try-tarball.mjs [20 22 24 …]`. Nodes come from the registry
// (node-<platform>-<arch>); one that cannot be had is said to be skipped. Exit 1 when a demo fails or none ran.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VERSIONS = process.argv.length > 2 ? process.argv.slice(2) : ["20", "22", "24"];
const TIMEOUT_MS = 600_000;

const base = mkdtempSync(join(tmpdir(), "worknode-tarball-"));

/** Runs a program; what it said and its exit code. */
function run(command, args, cwd, env = process.env) {
  const done = spawnSync(command, args, { cwd, env, encoding: "utf8", timeout: TIMEOUT_MS, maxBuffer: 1 << 26 });
  const said = `${done.stdout ?? ""}${done.stderr ?? ""}${done.error === undefined ? "" : String(done.error)}`;
  return { code: done.status, said };
}

function mustRun(...args) {
  const { code, said } = run(...args);
  if (code !== 0) throw new Error(`${args[0]} ${args[1].join(" ")} ended with ${code}:\n${said.slice(-4_000)}`);
  return said;
}

/** The folder of a Node's program: this one's where the version is its own, else one from the registry. */
function nodeFolder(version) {
  if (process.versions.node.split(".")[0] === version) return dirname(process.execPath);
  const folder = join(base, `node-${version}`);
  mkdirSync(folder);
  const name = `node-${process.platform}-${process.arch}`;
  const { code } = run("npm", ["install", "--no-save", "--prefix", folder, `${name}@${version}`], folder);
  const programs = join(folder, "node_modules", name, "bin");
  return code === 0 && existsSync(join(programs, "node")) ? programs : undefined;
}

/** Whether the tarball works with a Node; what does not is shown. */
function tryWith(folder, version, tarball) {
  try {
    return installAndRun(folder, version, tarball);
  } catch (thrown) {
    console.log(`Node ${version}: ${thrown.message}`);
    return false;
  }
}

/** Installs the tarball with a Node and runs the demo; what was tried, in one line. */
function installAndRun(folder, version, tarball) {
  const project = join(base, `project-${version}`);
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "name": "empty", "private": true }\n');
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  const exact = mustRun("node", ["--version"], project, env).trim();
  mustRun("npm", ["install", tarball], project, env);
  const worknode = join(project, "node_modules", ".bin", "worknode");
  mustRun(worknode, ["--version"], project, env);
  const { code, said } = run(worknode, ["demo"], project, { ...env, HOME: base });
  const driver = mustRun("node", ["-p", 'require("better-sqlite3/package.json").version'], project, env).trim();
  console.log(`Node ${exact}: demo ended with ${code} (better-sqlite3 ${driver})`);
  if (code !== 0) console.log(said.slice(-4_000));
  return code === 0;
}

try {
  mustRun("npm", ["pack", "--ignore-scripts", "--pack-destination", base], ROOT);
  const tarball = join(
    base,
    readdirSync(base).find((name) => name.endsWith(".tgz")),
  );
  const results = VERSIONS.map((version) => {
    const folder = nodeFolder(version);
    if (folder !== undefined) return tryWith(folder, version, tarball);
    console.log(`Node ${version}: skipped, it cannot be had here`);
    return undefined;
  });
  process.exitCode = results.includes(true) && !results.includes(false) ? 0 : 1;
} finally {
  rmSync(base, { recursive: true, force: true });
}
