import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeBackends } from "../../../src/effect/sandbox/probe.js";
import { PROBE_DIR } from "../harness.js";
import { attackSuite } from "./attack.js";
import { type Ground, prepareGround } from "./ground.js";

/** Several attempts in one command each, where none may succeed: what did is printed before `tried`. */

/** System calls by their numbers on x64, as Perl makes them; says which the kernel took. */
const taken = (list: string): string =>
  `perl -e '$b = "\\0" x 4096; ($r, $t, $u) = ("/", "/tmp", "/usr/bin/env"); open H, "<", $u; %c = (${list}); for (sort keys %c) { ($n, @a) = @{$c{$_}}; $x = syscall($n, @a); print "$_ $x\\n" if $x >= 0 } print "tried\\n"'`;
const NOTHING = /"stdout":"tried\\n"/;

attackSuite("the kernel, asked for what belongs to the machine", [
  {
    name: "namespaces of other kinds, and those of the first process",
    input: taken(
      '"user" => [272, 0x10000000], "time" => [272, 0x80], "control groups" => [272, 0x2000000], "names" => [272, 0x4000000], "enter" => [308, syscall(434, 1, 0), 0x7e020000], "host name" => [170, $t, 1], "domain" => [171, $t, 1]',
    ),
    ends: "contained",
    by: NOTHING,
  },
  {
    name: "the machine's clock, power, swap, accounts and quotas",
    input: taken(
      '"clock" => [164, $b, 0], "adjust" => [227, 0, $b], "reboot" => [169, 0xfee1dead, 672274793, 0x1234567, 0], "swap" => [167, $t, 0], "accounts" => [163, $t], "quota" => [179, 0x80000101, $t, 0, $b], "module" => [313, 0, $b, 0], "kernel" => [246, 0, 0, 0, 0], "ports" => [172, 3]',
    ),
    ends: "contained",
    by: NOTHING,
  },
  {
    name: "a rank above the host's own processes, and watches over whole file systems",
    input: taken(
      '"nice" => [141, 0, 0, -20], "round robin" => [144, 0, 2, $p = pack("i", 50)], "disk first" => [251, 1, 0, 1 << 13], "watch" => [300, 0x4, 0], "watch a disk" => [301, syscall(300, 0x600, 0), 0x101, 0x2, -100, $r], "watch a mount" => [301, syscall(300, 0x600, 0), 0x11, 0x2, -100, $r]',
    ),
    ends: "contained",
    by: NOTHING,
  },
  {
    name: "a program of the host frozen, marked, shortened, linked, renamed and dated",
    input: taken(
      '"mark" => [16, fileno H, 0x40086602, $f = pack("q", 16)], "freeze" => [16, fileno H, 0xc0045877, 0], "trim" => [16, fileno H, 0xc0185879, $b], "shorten" => [76, $u, 0], "link" => [86, $u, $l = "/usr/bin/l"], "rename" => [82, $u, $l], "date" => [132, $u, 0], "mode" => [90, $u, 0777], "owner" => [92, $u, 1, 1], "attribute" => [188, $u, $a = "user.x", $b, 1, 0]',
    ),
    ends: "contained",
    by: NOTHING,
  },
  {
    name: "sockets of every other family",
    input: `perl -e 'for $f (3 .. 9, 11 .. 15, 17 .. 45) { for $k (1, 2, 3, 5) { socket(S, $f, $k, 0) and print "family $f\\n" } } print "tried\\n"'`,
    ends: "contained",
    by: NOTHING,
  },
]);

attackSuite("what goes on when the command has ended", [
  {
    name: "daemons twice removed, one with a file open, one with it mapped, one that waits for a change of it",
    input: [
      "exec 9>> src/other.js; (sleep 1; echo x >&9) > /dev/null 2>&1 &",
      "setsid sh -c 'trap \"\" HUP TERM INT; sleep 1; echo x >> src/other.js' > /dev/null 2>&1 &",
      "perl -e 'fork and exit; setpgrp; fork and exit; $SIG{$_} = q(IGNORE) for qw(HUP TERM INT CHLD PIPE); close STDOUT; close STDERR; while (1) { open F, q(>>src/other.js) if (stat q(src))[9] > time }' &",
      "echo started",
    ].join(" "),
    ends: "contained",
    by: /started/,
  },
  {
    name: "everything stopped that could end it",
    input: "for i in $(seq 30); do sleep 100 & done; kill -STOP -1; kill -STOP $$; sleep 100",
    timeout: 1_000,
    ends: "refused",
    by: "command-timeout",
  },
  {
    name: "processes that make two of themselves, and threads by the thousand",
    input: "perl -e 'fork while 1' & perl -e 'fork while 1'",
    timeout: 1_000,
    ends: "refused",
    by: "command-timeout",
  },
]);

attackSuite("folders that are not the ones they were", [
  {
    name: "one removed, and another moved over its mark with less in it",
    input: "rm -r src; mkdir made; echo 'export const listed = 1;' > made/listed.js; mv made src",
    ends: "refused",
    by: "no-delete",
  },
  {
    name: "one of scratch moved over it, with the same names and another text",
    input: "mkdir -p out/d; cp -r docs/. out/d; echo evil >> out/d/guide.md; rm -r docs; mv out/d docs",
    ends: "refused",
    by: "file-whitelist",
  },
  {
    name: "the linked one, by a move, a link and another in its place",
    input:
      "for c in 'mv node_modules n' 'rm -rf node_modules' 'ln -sfn src node_modules' 'rmdir node_modules'; do $c 2>/dev/null && echo $c; done; mkdir -p node_modules/new; echo evil > node_modules/new/index.js; rm -rf node_modules/dep; mv node_modules/new node_modules/dep; ln -s /etc node_modules/e; echo tried",
    ends: "contained",
    by: /"stdout":"(ln -sfn src node_modules\\n)?tried\\n"/,
  },
  {
    name: "and what is left of it",
    input: "cat node_modules/dep/index.js; ls node_modules",
    ends: "contained",
    by: /"stdout":"module\.exports = 1;\\ndep\\n"/,
  },
  {
    name: "a file that git is told not to look at",
    input:
      "git update-index --skip-worktree src/other.js; git update-index --assume-unchanged src/other.js; echo src/other.js > $(git rev-parse --git-path info/exclude); echo x >> src/other.js",
    ends: "refused",
    by: "file-whitelist",
  },
  {
    name: "programs of another user's, left in scratch",
    input: "mkdir -p out; cp /bin/true out/s; chmod 6755 out/s; mkdir -m 2777 out/d; ls out",
    ends: "contained",
    by: /d\\ns/,
  },
  {
    name: "as what they are found",
    input: "stat -c %a out/s out/d; rm -r out",
    ends: "contained",
    by: /"stdout":"755\\n777\\n"/,
  },
]);

const sandbox = await probeBackends({ stateDir: PROBE_DIR });

describe.skipIf(sandbox.chosen === null)("names that a folder listed whole takes none of, in one command", () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await prepareGround();
  });
  afterAll(() => ground.end());

  it("are each refused by what is wrong with it", async () => {
    const names: Record<string, string> = {
      "gen/1/.Claude/settings.json": "hard-deny",
      "gen/2/.CURSOR/rules": "hard-deny",
      "gen/3/.vscode/TASKS.json": "hard-deny",
      "gen/4/.vscode /tasks.json": "path",
      "gen/5/.github/WORKFLOWS/a.yml": "hard-deny",
      "gen/6/.hg/hgrc": "hard-deny",
      "gen/7/\uff2d\uff21\uff2b\uff25.": "path",
      "gen/8/.git": "path",
      "gen/9/.GITMODULES": "hard-deny",
      "gen/10/BUILD": "review-effects",
      "gen/11/_darcs/prefs/defaults": "review-effects",
      "gen/12/.Rprofile": "review-effects",
      "gen/13/Directory.Build.Targets": "review-effects",
      "gen/14/a.": "path",
      "gen/15/.env.local": "workspace-deny",
      "gen/16/id.pem": "workspace-deny",
    };
    const made = Object.keys(names).map((path) => `mkdir -p "$(dirname '${path}')"; echo x > '${path}'`);
    const { report, exitCode } = await ground.call("Bash", { command: made.join("\n") }, "B");
    expect(exitCode).toBe(3);
    expect(Object.fromEntries(report.effects?.refused.map(({ path, rule }) => [path, rule]) ?? [])).toEqual(names);
  });
});
