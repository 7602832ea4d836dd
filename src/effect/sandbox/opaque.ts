import { spawn } from "node:child_process";
import { Fault } from "../../kernel/fault.js";

const BLOCK_BYTES = 512;
/** Longest time for the headers of all directories of a layer; no content is read. */
const TAR_MS = 60_000;
const ATTRIBUTE = "SCHILY.xattr.user.overlay.opaque=";

/**
 * Which of the directories below `root` hide what lies under them: the kernel marks a directory that
 * was removed and made again with an extended attribute. Node cannot read one, but tar's headers
 * carry them. Reads no file content. Throws Fault EFFECTS_UNREADABLE when in any doubt, because a
 * missed mark is a missed delete.
 */
export async function findOpaque(root: string, directories: readonly string[]): Promise<Set<string>> {
  if (directories.length === 0) return new Set();
  const archive = await archiveHeaders(root, directories);
  const marks = readMarks(archive);
  if (marks.length !== directories.length)
    throw unreadable(`tar listed ${marks.length} of ${directories.length} directories`);
  return new Set(directories.filter((_, index) => marks[index] === true));
}

function unreadable(reason: string): Fault {
  return new Fault("EFFECTS_UNREADABLE", `the effects of the command cannot be told: ${reason}. GNU tar is needed.`);
}

function archiveHeaders(root: string, directories: readonly string[]): Promise<Buffer> {
  const options = ["--create", "--file=-", "--format=posix", "--no-recursion", "--xattrs"];
  const include = "--xattrs-include=user.overlay.opaque";
  const names = ["--null", "--verbatim-files-from", "--files-from=-"];
  return new Promise((resolve, reject) => {
    const child = spawn("tar", [...options, include, ...names], {
      cwd: root,
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: TAR_MS,
      killSignal: "SIGKILL",
    });
    const output: Buffer[] = [];
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-2_000);
    });
    child.stdin.on("error", () => undefined); // the exit code tells
    child.once("error", (cause) => reject(unreadable(`tar could not be started: ${cause.message}`)));
    child.once("close", (code) => {
      if (code === 0 && said === "") resolve(Buffer.concat(output));
      else reject(unreadable(`tar failed: ${code === null ? `stopped after ${TAR_MS / 1_000} s` : said.trim()}`));
    });
    child.stdin.end(directories.map((path) => `./${path}\0`).join(""));
  });
}

/** For each entry of the archive, in order, whether its extended header carries the mark. */
function readMarks(archive: Buffer): boolean[] {
  const marks: boolean[] = [];
  let pending = false;
  let offset = 0;
  while (offset + BLOCK_BYTES <= archive.length && archive[offset] !== 0) {
    const { kind, size } = readHeader(archive, offset);
    const data = offset + BLOCK_BYTES;
    if (kind === "x") pending = archive.subarray(data, data + size).includes(ATTRIBUTE);
    else {
      marks.push(pending);
      pending = false;
    }
    offset = data + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return marks;
}

function readHeader(archive: Buffer, offset: number): { kind: string; size: number } {
  const kind = String.fromCharCode(archive[offset + 156] ?? 0);
  const size = Number.parseInt(archive.toString("latin1", offset + 124, offset + 136), 8);
  if (!Number.isSafeInteger(size) || (kind !== "x" && kind !== "5"))
    throw unreadable(`tar's output holds an entry of type ${JSON.stringify(kind)}`);
  return { kind, size };
}
