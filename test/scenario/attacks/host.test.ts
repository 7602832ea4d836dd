import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeBackends } from "../../../src/effect/sandbox/probe.js";
import { PROBE_DIR } from "../harness.js";
import { attackSuite } from "./attack.js";
import { type Called, type Ground, prepareGround } from "./ground.js";

const sandbox = await probeBackends({ stateDir: PROBE_DIR });
const perl = (text: string): string => `perl -e '${text}'`;

const SECRET = "canary-of-the-keyring";
const KEY = `worknode-canary-${process.pid}`;
const USER_KEYRING = -4;

/** Runs Perl on the host, for system calls by their numbers on x64: add_key 248, keyctl 250. */
function onHost(text: string): string {
  return spawnSync("/usr/bin/perl", ["-e", text], { encoding: "utf8" }).stdout;
}

const key = onHost(
  `($t, $d, $p) = ("user", "${KEY}", "${SECRET}"); print syscall(248, $t, $d, $p, ${SECRET.length}, ${USER_KEYRING})`,
);
const ring = onHost(`print syscall(250, 0, ${USER_KEYRING}, 0)`);
const hasKeys = process.arch === "x64" && Number(key) > 0;
if (hasKeys) onHost(`syscall(250, 5, ${key}, 0x3f3f0000)`); // its owner may read it, and so may who has his number

describe.skipIf(sandbox.chosen === null)("what belongs to the user and the machine", () => {
  let ground: Ground;
  let server: Server;
  let knocks = 0;
  beforeAll(async () => {
    ground = await prepareGround();
    server = createServer((socket) => socket.end("hello")).on("connection", () => (knocks += 1));
    await new Promise<void>((resolve) => server.listen(`\0${KEY}`, resolve));
  });
  afterAll(async () => {
    await ground.end();
    await new Promise((resolve) => server.close(resolve));
    if (hasKeys) onHost(`syscall(250, 9, ${key}, ${USER_KEYRING})`); // unlink
  });

  const bash = (command: string): Promise<Called> => ground.call("Bash", { command });
  const saidBy = ({ report }: Called): string => (report.result as { stdout: string }).stdout;

  it.skipIf(!hasKeys)("gives away no key of the user's keyring, and takes none [needs a keyring, on x64]", async () => {
    const link = `printf "link %d\\n", syscall(250, 8, ${ring}, -3)`;
    const read = `$b = "x" x 60; syscall(250, 11, ${key}, $b, 60); print "$b\\n"`;
    const find = `($t, $d, $b) = ("user", "${KEY}", "x" x 60); $k = syscall(250, 10, ${ring}, $t, $d, 0); syscall(250, 11, $k, $b, 60); print "$b\\n"`;
    const plant = `($t, $d, $p) = ("user", "${KEY}-planted", "x"); printf "plant %d\\n", syscall(248, $t, $d, $p, 1, ${ring})`;
    const ask = `($t, $d, $i) = ("user", "${KEY}", ""); printf "ask %d\\n", syscall(249, $t, $d, $i, -3)`;
    const called = await bash(`cat /proc/keys; ${perl([read, link, read, find, plant, ask].join("; "))}`);
    expect(saidBy(called)).toMatch(/link -1\n[^]*plant -1\nask -1\n$/);
    expect(called.told).not.toContain(SECRET);
    expect(saidBy(called)).not.toContain(KEY);
    expect(readFileSync("/proc/keys", "utf8")).not.toContain("planted");
  });

  it("keeps the modes and times of the host's devices, which can be written all the same", async () => {
    const devices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
    const look = (): unknown =>
      devices.map((path) => {
        const { mode, uid, mtimeMs } = statSync(path);
        return { mode, uid, mtimeMs };
      });
    const before = look();
    const all = devices.join(" ");
    const called = await bash(
      `chmod 600 ${all}; touch -d 2001-01-01 ${all}; chown 1 ${all}; echo x > /dev/null && echo ok`,
    );
    const after = look();
    for (const [index, path] of devices.entries())
      if (process.getuid?.() === 0)
        spawnSync("chmod", [(((before as { mode: number }[])[index]?.mode ?? 0o666) & 0o777).toString(8), path]);
    expect(after).toEqual(before);
    expect(saidBy(called)).toBe("ok\n");
  });

  it("lets no connection through to a socket without a file", async () => {
    const connect = `socket(S, 1, 1, 0); print connect(S, pack("Sa*", 1, "\\0${KEY}")) ? "through" : "closed"`;
    expect(saidBy(await bash(perl(connect)))).toBe("closed");
    expect(knocks).toBe(0);
  });
});

attackSuite("the host's attention", [
  {
    name: "a crash, which a host may hand to a program of its own",
    input: "prlimit --core --raw --noheadings; sleep 9 & kill -SEGV $!; wait $!; echo ended $?",
    ends: "contained",
    by: /CORE .* 1 1 .*ended 139/,
  },
  {
    name: "the last to go when memory ends",
    input: "echo -1000 > /proc/self/oom_score_adj; choom -n 0 -p $$; cat /proc/self/oom_score_adj",
    ends: "contained",
    by: /"stdout":"1000\\n"/,
  },
  {
    name: "sockets of families no namespace holds",
    input: perl(
      'for (17, 38, 40, 31, 21, 30, 42) { print socket(S, $_, 3, 0) ? "open" : "no", " "; socket(S, $_, 5, 0) and print "open" }',
    ),
    ends: "contained",
    by: /"stdout":"(no ){7}"/,
  },
  {
    name: "the machine's clock, name, log, disks, quotas and power",
    input: perl(
      '$b = "x" x 64; print join(" ", map { ($n, @a) = @$_; syscall($n, @a) } [227, 0, pack("Q2", 1, 1)], [170, $b, 1], [103, 2, $b, 10], [167, $b, 0], [163, 0], [169, 0xfee1dead, 672274793, 0, 0], [179, 0x80000700, $b, 0, 0], [153]), "\\n"',
    ),
    ends: "contained",
    by: /"stdout":"(-1 ?){8}\\n"/,
  },
  {
    name: "events of the whole machine's files",
    input: perl(
      '$f = syscall(444 - 144, 0x200, 0); ($u) = ("/usr"); print "mount ", syscall(301, $f, 0x11, 2, -100, $u), " disk ", syscall(301, $f, 0x101, 2, -100, $u), "\\n"',
    ),
    ends: "contained",
    by: /mount -1 disk -1/,
  },
  {
    name: "every process there is, ended",
    input: "kill -9 -1; echo alive; ls -d /proc/[0-9]* | wc -l",
    ends: "contained",
    by: /alive\\n\d\\n/,
  },
  {
    name: "mounts shared with the host",
    input:
      "mount --make-rshared /; mount --make-shared /tmp; mount --bind /usr /tmp; umount /proc/keys; umount /dev/null; echo tried",
    ends: "contained",
    by: /"stdout":"tried\\n"/,
  },
  {
    name: "programs that run as their owner",
    input:
      "grep NoNewPrivs /proc/self/status; for p in su newgrp mount; do timeout 1 $p < /dev/null > /dev/null 2>&1; done; su -c id; id -u",
    ends: "contained",
    by: /NoNewPrivs:\\t1\\n1000\\n/,
  },
  {
    name: "the terminal worknode was started from",
    input: `${perl('for (0, 1, 2) { open(T, "+<&=", $_); $c = "x"; print ioctl(T, 0x5412, $c) ? "typed" : "no", " " }')}; (exec 9<> /dev/tty); ls /dev/pts /dev/ptmx`,
    ends: "contained",
    by: /"stdout":"no no no "/,
  },
  {
    name: "a better place than others'",
    input: "nice -n -20 true; chrt -f 1 true; ionice -c 1 true; renice -n -20 1 > /dev/null; echo tried",
    ends: "contained",
    by: /"stdout":"tried\\n"/,
  },
]);

attackSuite("what waits for the next call, by the next way", [
  {
    name: "a queue of messages",
    input: perl('$n = "left"; print "queue ", syscall(240, $n, 0102, 0600, 0), "\\n"'),
    ends: "contained",
    by: /queue \d/,
  },
  {
    name: "that queue",
    input: perl('$n = "left"; print "queue ", syscall(240, $n, 2), "\\n"'),
    ends: "contained",
    by: /queue -1/,
  },
  {
    name: "settings in the home",
    input:
      "cd ~; mkdir -p .npm .cache/pip .config/git .config/pip; echo 'script-shell=/tmp/evil' > .npmrc; echo 'touch src/evil' | tee .bashrc .profile .bash_profile; echo '[core] fsmonitor = /tmp/evil' > .gitconfig; echo x > .cache/pip/x; ls -A | wc -l",
    ends: "contained",
  },
  { name: "those settings", input: "ls -A ~; echo end", ends: "contained", by: /"stdout":"end\\n"/ },
  {
    name: "a program among the dependencies",
    input: "echo 'touch src/evil' > node_modules/.bin/dep; echo x > node_modules/dep/extra.js; ls node_modules/dep",
    ends: "contained",
    by: /extra\.js/,
  },
  {
    name: "that program",
    input: "ls node_modules/dep; cat node_modules/.bin/dep",
    ends: "contained",
    by: /index\.js\\n#!/,
  },
  {
    name: "a pipe and a socket where worknode will look",
    input: perl(
      'mkdir "out"; mkdir "out/coverage"; system("mkfifo", "out/pipe", "out/coverage/lcov.info"); socket(S, 1, 1, 0); bind(S, pack("Sa*", 1, "out/socket")); print -p "out/pipe" ? "made" : "none"',
    ),
    ends: "contained",
    by: /made/,
  },
  { name: "that pipe", input: "ls -l out | cut -c1; rm -r out", ends: "contained", by: /p\\ns/ },
]);

attackSuite("names that people read", [
  ...(
    [
      ["a terminal's commands", "\\033[2Jx"],
      ["a bell", "x\\007"],
      ["a control character of eight bits", "\\302\\205x"],
      ["letters turned around", "\\342\\200\\256gpj.x"],
      ["an isolate", "\\342\\201\\246x"],
      ["a space without width", "a\\342\\200\\213b"],
      ["a joiner between plain letters", "a\\342\\200\\215b"],
      ["a soft hyphen", "a\\302\\255b"],
      ["a line separator", "a\\342\\200\\250b"],
    ] as const
  ).map(([name, text]) => ({
    name: `${name}, in a folder that is listed whole`,
    task: "B",
    input: `mkdir -p gen; printf x > "$(printf 'gen/${text}.txt')"`,
    ends: "refused" as const,
    by: "path",
  })),
  {
    name: "the same by a structured write",
    tool: "Write",
    task: "B",
    input: { file_path: "gen/\u202egpj.x", content: "x\n" },
    ends: "refused",
    by: "path",
  },
]);

attackSuite("files that run where no sandbox is", [
  ...["gen/.zed/tasks.json", "gen/.fleet/run.json", "gen/.nvim.lua", "gen/.exrc", "gen/.vimrc", "gen/.EXRC"].map(
    (path) => ({
      name: `${path}, by an editor`,
      task: "B",
      input: `mkdir -p $(dirname ${path}); echo x > ${path}`,
      ends: "refused" as const,
      by: "hard-deny",
    }),
  ),
  ...[
    "GNUmakefile",
    "conftest.py",
    "sitecustomize.py",
    ".npmrc",
    ".pnpmfile.cjs",
    ".yarnrc.yml",
    ".editorconfig",
    "tsconfig.json",
    "vitest.config.js",
    ".mocharc.cjs",
    "setup.cfg",
    ".gdbinit",
    "compile_commands.json",
    ".clang-tidy",
    "src/.eslintrc.cjs",
  ].map((path) => ({
    name: `${path}, by the next tool that starts here`,
    input: `echo x > ${path}`,
    ends: "refused" as const,
    by: "file-whitelist",
  })),
]);
