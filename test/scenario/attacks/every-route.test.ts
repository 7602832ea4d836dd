import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeBackends } from "../../../src/effect/sandbox/probe.js";
import { PROBE_DIR } from "../harness.js";
import { attackSuite } from "./attack.js";
import { type Ground, prepareGround } from "./ground.js";

/** System calls by their numbers on x64, as Perl makes them; `-1` is a refusal. */
const perl = (text: string): string => `perl -e '${text}'`;
/** Makes each call and says which the kernel took. */
const calls = (list: string): string =>
  perl(
    `$b = "\\0" x 256; $v = pack("pQ", $b, 8); %c = (${list}); for (sort keys %c) { ($n, @a) = @{$c{$_}}; $r = syscall($n, @a); print "$_ $r\\n" if $r >= 0 } print "tried\\n"`,
  );
/** An extended attribute, as overlays mark what they hold. */
const MARK = "sub mark { my ($p, $n, $v) = @_; syscall(188, $p, $n, $v, length $v, 0) }";

const sandbox = await probeBackends({ stateDir: PROBE_DIR });

describe.skipIf(sandbox.chosen === null)("what tools obey unasked, in a folder that is listed whole", () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await prepareGround();
    await ground.call("Read", { file_path: "README.md" }, "B");
  });
  afterAll(() => ground.end());

  it.each(["conftest.py", ".npmrc", ".pnpmfile.cjs", "vitest.config.mjs", "package.json", "gulpfile.mjs", "go.work"])(
    "is made by no command, as a structured write of %s would be looked at first",
    async (name) => {
      const before = ground.fingerprint();
      const command = `mkdir -p gen; echo 'x = 1' > gen/.new; mv gen/.new gen/${name}`;
      const { exitCode, report } = await ground.call("Bash", { command }, "B");
      expect(exitCode).toBe(3);
      expect(report.effects).toMatchObject({ kept: false, refused: [{ path: `gen/${name}`, rule: "review-effects" }] });
      expect(ground.fingerprint()).toBe(before);
    },
  );

  it("nor is any of those that editors, shells, builds and deployments look for by name", async () => {
    const looked = `.dir-locals.el BUILD WORKSPACE MODULE.bazel defs.bzl tools/bazel flake.nix shell.nix Dangerfile dangerfile.ts
      Vagrantfile Tiltfile .Rprofile rust-toolchain.toml mix.exs build.sbt Directory.Build.props .flake8 .rspec netlify.toml
      renovate.json .zshenv AGENTS.md _darcs/prefs/defaults .vscode/c_cpp_properties.json mvnw wrangler.toml cdk.json`;
    const names = looked.split(/\s+/).map((name, index) => `gen/${index}/${name}`);
    const made = names.map((path) => `mkdir -p $(dirname ${path}); echo x > ${path}`).join("\n");
    const { report } = await ground.call("Bash", { command: made }, "B");
    const refused = report.effects?.refused.filter(({ rule }) => rule === "review-effects").map(({ path }) => path);
    expect(refused?.sort()).toEqual(names.sort());
  });
});

/** What runs programs where somebody enters the folder, opens it or asks for a status. */
const OBEYED = [
  "gen/.hg/hgrc",
  "gen/sub/.jj/repo/config.toml",
  "gen/.sl/config",
  "gen/.gitpod.yml",
  "gen/.qwen/settings.json",
];

attackSuite(
  "repositories and settings of other programs, in a folder that is listed whole",
  OBEYED.map((path) => ({
    name: `${path}, which runs programs where somebody looks`,
    task: "B",
    input: `mkdir -p $(dirname ${path}); printf '[hooks]\\nstatus = touch /tmp/evil\\n' > ${path}`,
    ends: "refused" as const,
    by: "hard-deny",
  })),
);

attackSuite("the kernel, by calls of every kind", [
  {
    name: "other processes' descriptors, memory and clocks",
    input: calls(
      '"pidfd_getfd" => [438, syscall(434, 1, 0), 1, 0], "process_vm_readv" => [310, 1, $v, 1, $v, 1, 0], "process_vm_writev" => [311, 1, $v, 1, $v, 1, 0], "kcmp" => [312, 1, $$, 0, 0, 0], "seize" => [101, 0x4206, 1, 0, 0], "move_pages" => [279, 1, 0, 0, 0, 0, 0], "process_madvise" => [440, syscall(434, 1, 0), $b, 1, 20, 0], "setns" => [308, syscall(434, 1, 0), 0x20000000], "time namespace" => [272, 0x80], "control group namespace" => [272, 0x02000000], "sched fifo" => [144, 1, 1, $b]',
    ),
    ends: "contained",
    by: /"stdout":"tried\\n"/,
  },
  {
    name: "faults, counters, programs and handles of the kernel's",
    input: calls(
      '"userfaultfd" => [323, 0], "perf" => [298, $b, -1, 0, -1, 0], "bpf" => [321, 5, $b, 128], "handle" => [304, -100, $b, 0], "syslog" => [103, 3, $b, 100], "quota" => [443, 0, 0, 0, 0], "ring" => [425, 8, $b], "ring enter" => [426, 0, 1, 0, 0, 0, 0], "ring register" => [427, 0, 0, 0, 0], "fanotify" => [300, 0, 0], "module" => [313, 0, $b, 0], "kexec" => [246, 0, 0, 0, 0], "swap" => [167, $b, 0], "accounting" => [163, $b], "name" => [170, $b, 1], "clock" => [227, 0, $b], "ports" => [173, 96, 1, 1], "keys" => [250, 0, -3, 0]',
    ),
    ends: "contained",
    by: /"stdout":"tried\\n"/,
  },
  {
    name: "mounts by the newer calls, into a folder, of another namespace, of the host's",
    input: `${calls(
      '"open_tree" => [428, -100, $d = ".", 1], "fsopen" => [430, $t = "tmpfs", 0], "fspick" => [433, -100, $r = "/", 0], "move_mount" => [429, -100, $d, -100, $t2 = "/tmp", 0], "set" => [442, -100, $r, 0, $b, 32], "block device" => [133, $x = "/tmp/disk", 060600, 0x0801], "pivot" => [155, $t2, $t2]',
    )}; for t in binfmt_misc fuse debugfs tracefs bpf cgroup2 proc sysfs overlay nfs; do mount -t $t none /tmp 2>/dev/null && echo "mounted $t"; done; unshare -Urm mount --bind /usr /tmp 2>/dev/null && echo bound; ls /dev/fuse /dev/kvm /dev/mem 2>/dev/null; true`,
    ends: "contained",
    by: /"stdout":"tried\\n"/,
  },
  {
    name: "settings of the kernel and of the first process",
    input:
      "cd /proc; for f in sys/kernel/core_pattern sysrq-trigger sys/vm/drop_caches sys/kernel/hostname sys/fs/binfmt_misc/register self/timens_offsets 1/oom_score_adj 1/clear_refs 1/mem 1/comm self/uid_map self/setgroups; do (echo 1 > $f) 2>/dev/null && echo wrote $f; done; head -c1 1/mem 1/maps 1/environ kcore kmsg 2>/dev/null; echo tried",
    ends: "contained",
    by: /"stdout":"(==> 1\/environ <==\\n)?tried\\n"/,
  },
  {
    name: "what the loader reads before any program, and links to it",
    input:
      "for f in /etc/ld.so.preload /etc/ld.so.cache /etc/passwd /etc/hosts /usr/lib/x.so /lib/x.so /run/worknode/git/config /run/worknode/git/hooks/pre-commit; do (echo x > $f) 2>/dev/null && echo wrote $f; ln -f $f /tmp/l 2>/dev/null && (echo x >> /tmp/l) 2>/dev/null && echo linked $f; done; echo tried",
    ends: "contained",
    by: /"stdout":"tried\\n"/,
  },
  {
    name: "the network's own settings",
    input:
      'ip link add v type veth peer name w; ip addr add 10.9.9.9/24 dev lo; ip route add default dev lo; ip link set lo down; ip tuntap add t mode tun; tc qdisc add dev lo root netem; nft list ruleset; echo 1 > /proc/sys/net/ipv4/ip_forward; ip -br addr | grep -c 10.9; node -e \'require("http").get("http://10.9.9.9").on("error", (e) => console.log("closed"))\'',
    ends: "contained",
    by: /0\\nclosed/,
  },
]);

attackSuite("files that say more than they hold", [
  {
    name: "marks of an overlay, left in scratch for the next call",
    input: `mkdir -p out/m out/src; echo x > out/m/f; ${perl(
      `${MARK} for ("out/m", "out/src", "out", "out/m/f") { mark($_, "user.overlay.$$_[0]", "y"); for $n ("opaque", "redirect", "metacopy", "whiteout", "origin") { mark($_, "user.overlay.$n", $n eq "redirect" ? "/src" : "y") } } mark("out/m/f", "user.mark", "a" x 3000)`,
    )}; ls out`,
    ends: "contained",
    by: /m\\nsrc/,
  },
  {
    name: "those marks",
    input: "cat out/m/f; ls out/src src | tr '\\n' ' '; rm -r out",
    ends: "contained",
    by: /x\\nout\/src: {2}src: later.js listed.js other.js/,
  },
  {
    name: "a file nobody may change again",
    input: `chattr +i src/listed.js; chattr +a src/other.js; chattr +j notes.txt; lsattr -d src | cut -c5; mkdir -p out; : > out/f; chattr +i out/f; chattr +a out; rm -r out && echo removed`,
    ends: "contained",
    by: /removed/,
  },
  {
    name: "another file's name taken by a folder's move and a move back",
    input: "mv src /tmp/s && mkdir src && cp /tmp/s/listed.js /tmp/s/later.js src/ && mv src/later.js src/fresh.js",
    ends: "refused",
    by: "no-delete",
  },
  {
    name: "poison in one task's scratch",
    input: "mkdir -p out/node_modules/dep; echo poison > out/node_modules/dep/index.js",
    ends: "contained",
  },
  { name: "and in another's", task: "B", input: "ls -A out; echo end", ends: "contained", by: /"stdout":"end\\n"/ },
]);

attackSuite("what is said, and to whom", [
  {
    name: "worknode's own descriptors, from the first process and through the output",
    input:
      "ls -l /proc/1/fd 2>/dev/null | grep -c socket; stat -Lc %F /proc/self/fd/1; for n in 0 1 2 3 4 5 6 7; do cat <&$n & (echo x > /proc/1/fd/$n) 2>/dev/null && echo wrote; done 2>/dev/null; sleep 0.1; kill %1 %2 %3; kill -CHLD 1; kill -PIPE 1; kill -9 1; echo tried",
    ends: "contained",
    by: /"stdout":"0\\nfifo\\n[^]*tried\\n"/,
  },
  {
    name: "talk that does not end with the command",
    input:
      "(while :; do echo later; done) & (trap '' TERM HUP; setsid sh -c 'while :; do echo >&2; done') & sleep 0.1; echo first",
    ends: "contained",
    by: /"exit_code":0,.*first/,
  },
  {
    name: "the names of git's own in the environment",
    input:
      "export GIT_OBJECT_DIRECTORY=/tmp/o GIT_INDEX_FILE=/tmp/i GIT_CONFIG_GLOBAL=/tmp/c GIT_TRACE2_EVENT=$PWD/src/other.js GIT_TEMPLATE_DIR=/tmp; mkdir -p /tmp/o; printf '[core]\\nhooksPath = /tmp/h\\n' > /tmp/c; git add -A; git status; true",
    ends: "refused",
    by: "file-whitelist",
  },
]);
