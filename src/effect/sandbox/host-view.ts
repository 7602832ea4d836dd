import { existsSync, lstatSync, readlinkSync, realpathSync } from "node:fs";
import { hostname } from "node:os";
import { socketsIn } from "./host-socket.js";
import { bindReadOnly, bindWritable, type HostMount, type Mount } from "./mount-table.js";

/** Where the set-up puts the root of the sandbox, and what its overlays are made of. */
export const STAGE_ROOT = "/sys/r";
export const STAGE_PARTS = "/sys/m";

/** Directories of programs and libraries: either links into `/usr`, or bound like it. */
const SYSTEM_DIRECTORIES = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
const DEVICES = ["null", "zero", "full", "random", "urandom"];
/** What programs need of `/etc`. No account data, no keys, no host configuration. */
const ETC_DIRECTORIES = [
  "alternatives",
  "ca-certificates",
  "crypto-policies",
  "fonts",
  "java-11-openjdk",
  "java-17-openjdk",
  "java-21-openjdk",
  "ld.so.conf.d",
  "perl",
  "pki/ca-trust",
  "pki/tls/certs",
  "ssl/certs",
].map((name) => `/etc/${name}`);
const ETC_FILES = [
  "debian_version",
  "ld.so.cache",
  "ld.so.conf",
  "localtime",
  "magic",
  "mime.types",
  "os-release",
  "protocols",
  "services",
  "ssl/openssl.cnf",
  "timezone",
].map((name) => `/etc/${name}`);
const DEVICE_LINKS = ["/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"];
/** Files in shared prefixes that can hold a registry's password. */
const CREDENTIAL_FILES = ["etc/npmrc", "etc/pip.conf", "etc/gitconfig"];
/** Names the caller's keys, which the filter of system calls keeps from being read. */
const KEY_LIST = "/proc/keys";
/** Writable directories every program expects, all on the sandbox's own tmpfs. */
const WRITABLE = ["/tmp", "/var/tmp", "/dev/shm"];

/** A part of what the set-up makes: mounts in order, directories, files, host paths to copy. */
export interface StagePart {
  readonly mounts: readonly Mount[];
  readonly directories: readonly string[];
  readonly files: readonly StageFile[];
  /** Host paths whose link or content is put at the same path of the sandbox. */
  readonly copies: readonly string[];
}

/** A file on the stage and its content. */
export interface StageFile {
  readonly path: string;
  readonly text: string;
}

/** An empty file on the stage: the place something is mounted on, or what a mask shows. */
export function emptyFile(path: string): StageFile {
  return { path, text: "" };
}

/** A part of the stage with the given content and nothing else. */
export function part(content: Partial<StagePart>): StagePart {
  return { mounts: [], directories: [], files: [], copies: [], ...content };
}

/** What the host has that must not be shown, or not without care. */
export interface Host {
  readonly mounts: readonly HostMount[];
  /** Where its programs' sockets are. */
  readonly sockets: readonly string[];
}

/** The part that is the same for every command: programs, a few files of `/etc`, devices, `/tmp`. */
export function systemPart({ mounts, sockets }: Host, network: boolean): StagePart {
  const system = SYSTEM_DIRECTORIES.filter(isDirectory);
  const bound = [...system, ...ETC_DIRECTORIES.filter(isDirectory)];
  const credentials = ["/usr", "/usr/local"].flatMap(credentialFiles);
  const heard = bound.flatMap((path) => socketsIn(path, sockets));
  return {
    mounts: [
      bindWritable(STAGE_PARTS, STAGE_PARTS), // so that one call detaches all that is mounted on it
      bindWritable(STAGE_ROOT, STAGE_ROOT),
      ...bound.flatMap((path) => bindReadOnly(path, STAGE_ROOT + path, mounts)),
      ...credentials.map((path) => maskFile(STAGE_ROOT + path)),
      ...heard.map((path) => maskSocket(STAGE_ROOT + path)),
      ...DEVICES.map(bindDevice),
      ...WRITABLE.map((path) => bindWritable(`${STAGE_PARTS}/t${path}`, STAGE_ROOT + path)),
    ],
    directories: [
      `${STAGE_PARTS}/e/directory`,
      `${STAGE_PARTS}/t/tmp/home`,
      ...["/dev", "/etc", "/proc", "/run", ...bound].map((path) => STAGE_ROOT + path),
      ...WRITABLE.flatMap((path) => [STAGE_ROOT + path, `${STAGE_PARTS}/t${path}`]),
    ],
    files: [
      emptyFile(`${STAGE_PARTS}/e/file`),
      ...DEVICES.map((name) => emptyFile(`${STAGE_ROOT}/dev/${name}`)),
      ...Object.entries(etcTexts()).map(([name, text]) => ({ path: `${STAGE_ROOT}/etc/${name}`, text })),
    ],
    copies: [...SYSTEM_DIRECTORIES.filter(isLink), ...DEVICE_LINKS.filter(isLink), ...etcFiles(network)],
  };
}

/**
 * What the end of the set-up needs: a `/proc` for the command, a writable one for the uid map, which no command sees, and
 * where the host's tree goes before it is detached.
 */
export function finishPart(): StagePart {
  const options = ["nosuid", "nodev", "noexec"];
  return part({
    mounts: [
      { source: "proc", target: "/sys/proc", type: "proc", options },
      { source: "proc", target: `${STAGE_ROOT}/proc`, type: "proc", options: ["ro", ...options] },
      ...(existsSync(KEY_LIST) ? [maskFile(STAGE_ROOT + KEY_LIST)] : []),
    ],
    directories: ["/sys/proc", `${STAGE_PARTS}/old`],
  });
}

/** A device, which can be written to all the same: read-only are its mode and times, the host's own where root runs worknode. */
function bindDevice(name: string): Mount {
  const target = `${STAGE_ROOT}/dev/${name}`;
  return { source: `/dev/${name}`, target, type: "none", options: ["bind", "ro", "nosuid", "noexec"] };
}

/** Files of `/etc` that say who the command is and where it runs; nothing of the host's own. */
function etcTexts(): Record<string, string> {
  return {
    passwd: "root:x:0:0:root:/:/bin/sh\nworknode:x:1000:1000::/tmp/home:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    group: "root:x:0:\nworknode:x:1000:\nnogroup:x:65534:\n",
    hosts: `127.0.0.1 localhost ${hostname()}\n::1 localhost\n`,
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
    gitconfig: "[safe]\n\tdirectory = *\n[user]\n\tname = worknode\n\temail = worknode@localhost\n",
  };
}

/** Files of `/etc` that are copied into the sandbox; links outside what is mounted are left out. */
function etcFiles(network: boolean): string[] {
  const wanted = network ? [...ETC_FILES, "/etc/resolv.conf"] : ETC_FILES;
  return wanted.filter((path) => existsSync(path) && (!isLink(path) || realpathSync(path).startsWith("/usr/")));
}

/** An empty read-only file over `target`, a path on the stage. */
export function maskFile(target: string): Mount {
  return { source: `${STAGE_PARTS}/e/file`, target, type: "none", options: ["bind", "ro"] };
}

/** The same over a socket of the host's, where it is there still. */
export function maskSocket(target: string): Mount {
  return { ...maskFile(target), mayBeGone: true };
}

/** An empty read-only directory over `target`, a path on the stage. */
export function maskDirectory(target: string): Mount {
  return { source: `${STAGE_PARTS}/e/directory`, target, type: "none", options: ["bind", "ro"] };
}

/** Files below an installation prefix that may hold credentials and exist. */
export function credentialFiles(prefix: string): string[] {
  return CREDENTIAL_FILES.map((name) => `${prefix}/${name}`).filter((path) => existsSync(path));
}

/** Whether the sandbox shows this host path without being asked to: a system directory or a link into one. */
export function isSystemPath(path: string): boolean {
  return SYSTEM_DIRECTORIES.some((directory) => path === directory || path.startsWith(`${directory}/`));
}

/** The part of the stage on which a path of the sandbox can be created, before anything is mounted over it. */
export function stageDirectory(path: string): string {
  const writable = WRITABLE.find((directory) => path.startsWith(`${directory}/`));
  return writable === undefined ? STAGE_ROOT + path : `${STAGE_PARTS}/t${path}`;
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isLink(path: string): boolean {
  try {
    return readlinkSync(path) !== "";
  } catch {
    return false;
  }
}
