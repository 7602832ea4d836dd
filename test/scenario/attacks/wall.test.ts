import { attackSuite } from "./attack.js";

attackSuite("the host", [
  {
    name: "reads a home",
    input: "cat ROOT/../home/.ssh/id_ed25519; cat ~/.ssh/* /root/.ssh/*",
    ends: "contained",
    by: /No such file/,
  },
  {
    name: "lists the state and its keys",
    input:
      "ls -R ROOT/../state; find / -name '*.pem' -o -name 'keys' -type d 2>/dev/null | grep -v -e ^/usr -e ^/etc -e ^/proc",
    ends: "contained",
    by: /No such file/,
  },
  {
    name: "reads its environment",
    input: "env; cat /proc/1/environ /proc/self/environ /proc/[0-9]*/environ",
    ends: "contained",
  },
  {
    name: "reads the masked file by every name",
    input:
      "cat .env.shared ./.env.shared ROOT/.env.shared .env ./.env ROOT/.env /proc/self/cwd/.env; grep -r canary . ; cp .env /tmp/x; cat /tmp/x",
    ends: "contained",
  },
  {
    name: "unmasks the masked file",
    input: "umount .env.shared; mv .env.shared e; rm -f .env.shared; cat .env.shared e",
    ends: "contained",
  },
  {
    name: "writes over the masked file",
    input: "echo x > .env.shared; echo $?; mv .env.shared e; cp /dev/null .env.shared",
    ends: "contained",
    by: /1/,
  },
  {
    name: "makes a masked file anew",
    input: "echo x > .env",
    ends: "refused",
    by: "workspace-deny",
  },
  {
    name: "writes to the system",
    input:
      "echo x >> /etc/passwd; echo x > /usr/bin/worknode-was-here; echo x > /usr/local/x; touch /x; ls /x /usr/local/x",
    ends: "contained",
    by: /Read-only file system|Permission denied|No such file/,
  },
  {
    name: "writes beside the repository",
    input: "echo x >> ROOT/../outside.txt; mkdir -p ROOT/../new",
    ends: "contained",
  },
  {
    name: "writes to a home",
    input: "mkdir -p ~/.ssh && echo x > ~/.ssh/authorized_keys && echo x > ~/.bashrc",
    ends: "contained",
  },
  {
    name: "remounts for writing",
    input: "mount -o remount,rw / ; mount -o remount,rw /usr; mount -o bind /tmp /usr",
    ends: "contained",
    by: /permission denied|must be superuser|not permitted/i,
  },
  {
    name: "makes namespaces of its own",
    input: "unshare -Urm true; unshare -m true; nsenter -t 1 -m true",
    ends: "contained",
    by: /unshare failed|not permitted|No space left|cannot open|denied/i,
  },
  {
    name: "changes its root",
    input: "chroot / true; mkdir -p out/r; pivot_root out/r out/r; rm -rf out",
    ends: "contained",
    by: /not permitted|denied/i,
  },
  {
    name: "makes devices",
    input: "mknod /tmp/sda b 8 0; cat /dev/sda /dev/mem /dev/kmem",
    ends: "contained",
    by: /No such file|not permitted/i,
  },
  {
    name: "turns the kernel's knobs",
    input:
      "for f in /proc/sys/kernel/panic /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do (exec 3>>$f) && echo opened; done; touch /proc/sys/x",
    ends: "contained",
    by: /^(?!.*opened).*(?:Read-only|denied|not permitted|No such)/i,
  },
  {
    name: "gains privileges by programs that are set-user-id",
    input: "su -c id; sudo -n id; passwd -S; grep -h Cap /proc/self/status",
    ends: "contained",
    by: /CapEff:\\t0000000000000000/,
  },
  {
    name: "sees the host's processes",
    input: "ls -d /proc/[0-9]* | wc -l; ps -ef | grep -c vitest; true",
    ends: "contained",
  },
  {
    name: "kills the host's processes",
    input: "kill -9 -1; kill -9 $PPID; for p in $(seq 2 400); do kill -9 $p; done; true",
    ends: "contained",
  },
  {
    name: "traces the host's processes",
    input: "gdb -p 1 2>&1; strace -p 1 2>&1; cat /proc/1/mem | head -c 1; ls -l /proc/1/root/ /proc/1/fd",
    ends: "contained",
  },
  {
    name: "reaches the container engine",
    input:
      "ls /var/run/docker.sock /run/containerd /run/dbus/system_bus_socket; curl -s --unix-socket /var/run/docker.sock http://x/info",
    ends: "contained",
    by: /No such file/,
  },
  {
    name: "loads modules and filters",
    input: "insmod x; modprobe overlay; bpftool prog; iptables -F",
    ends: "contained",
  },
]);

attackSuite("the network", [
  {
    name: "the host's loopback by a shell",
    input: "exec 3<>/dev/tcp/127.0.0.1/PORT && echo reached",
    ends: "contained",
    by: /refused|No route|unreachable/i,
  },
  {
    name: "the host's loopback by Node",
    input:
      'node -e \'fetch("http://127.0.0.1:PORT/").then(() => console.log("reached"), (e) => console.log("kept in", e.cause?.code))\'',
    ends: "contained",
    by: /kept in/,
  },
  {
    name: "the host's loopback by another name",
    input:
      "for h in localhost 0.0.0.0 127.1 '[::1]' host.docker.internal; do node -e 'fetch(\"http://'$h':PORT/\").then(() => console.log(\"reached\"), () => console.log(\"kept in\"))'; done",
    ends: "contained",
    by: /^(?!.*reached).*kept in/,
  },
  {
    name: "the world by address",
    input:
      "timeout 2 bash -c 'exec 3<>/dev/tcp/1.1.1.1/443' ; timeout 2 bash -c 'exec 3<>/dev/tcp/169.254.169.254/80'; true",
    ends: "contained",
    by: /unreachable/i,
  },
  {
    name: "the world by name",
    input:
      'getent hosts example.com; node -e \'require("dns").lookup("example.com", (e) => console.log(e?.code ?? "resolved"))\'',
    ends: "contained",
    by: /EAI_AGAIN|ENOTFOUND/,
  },
  { name: "a package registry", input: "npm view left-pad version 2>&1 | tail -3", ends: "contained" },
  {
    name: "an interface of its own",
    input: "ip link add d0 type dummy; ip addr add 10.0.0.1/8 dev lo; ip route add default dev lo",
    ends: "contained",
    by: /not permitted|not found/i,
  },
  {
    name: "an abstract socket of the host",
    input:
      'node -e \'require("net").connect("\\0/tmp/.X11-unix/X0").on("error", (e) => console.log(e.code)).on("connect", () => console.log("reached"))\'',
    ends: "contained",
    by: /ECONNREFUSED/,
  },
]);

attackSuite("git", [
  { name: "a commit", input: "echo '// x' >> src/other.js; git commit -qam x", ends: "refused" },
  {
    name: "a commit of nothing",
    input: "git commit --allow-empty -qm x; git log --oneline | head -1",
    ends: "contained",
  },
  {
    name: "a hook",
    input:
      "echo 'touch /tmp/x' > $(git rev-parse --git-path hooks)/post-commit; mkdir -p $(git rev-parse --git-common-dir)/hooks && echo x > $(git rev-parse --git-common-dir)/hooks/pre-commit",
    ends: "contained",
    by: /Read-only|denied|No such file/i,
  },
  {
    name: "a setting",
    input:
      "git config core.hooksPath /tmp; git config --global alias.x '!touch /tmp/x'; git config core.fsmonitor 'touch /tmp/x'",
    ends: "contained",
  },
  {
    name: "a branch",
    input: "git branch evil; git update-ref refs/heads/main HEAD~0; git tag evil; git worktree add /tmp/w",
    ends: "contained",
  },
  { name: "history", input: "git reset --hard HEAD~1; git checkout -f main; git stash; true", ends: "contained" },
  {
    name: "git's pointer rewritten",
    input: "echo 'gitdir: /tmp' > .git; rm -f .git; mv .git g; cat .git",
    ends: "contained",
    by: /gitdir: /,
  },
  {
    name: "a repository of its own in the place of ours",
    input: "rm -rf .git; git init -q . ; ls .git",
    ends: "contained",
  },
  { name: "a nested repository", input: "git init -q nested", ends: "refused" },
  { name: "a nested repository in scratch", input: "mkdir -p out; git init -q out/n", ends: "refused" },
  {
    name: "the database and its journal",
    input:
      "ls .worknode; cat .worknode/worknode.db | head -c 10; rm -rf .worknode; mkdir .worknode; echo x > .worknode/worknode.db",
    ends: "refused",
  },
  {
    name: "a masked file out of git's store, by every name",
    input:
      "git show HEAD:.env.shared; git log -p --all; git diff; git diff HEAD; git stash list -p; git archive HEAD | tar xO; git cat-file --batch-all-objects --batch | strings; git grep -n canary HEAD; git checkout -f HEAD -- .env.shared; cat .env.shared; true",
    ends: "contained",
  },
  {
    name: "a masked file out of an older commit",
    input:
      "git log --all --format=%H | while read c; do git show $c:.env.old; done; git rev-list --objects --all | head",
    ends: "contained",
    by: /HEAD|[0-9a-f]{40}/,
  },
  { name: "a push", input: "git push ROOT HEAD:evil; git push origin HEAD", ends: "contained" },
]);

attackSuite("what does not end", [
  { name: "a loop", input: "while :; do :; done", timeout: 1_000, ends: "refused", by: "command-timeout" },
  { name: "a sleep", input: "sleep 1000", timeout: 1_000, ends: "refused", by: "command-timeout" },
  {
    name: "a command that will not be told to stop",
    input: "trap '' TERM INT HUP; while :; do sleep 1; done",
    timeout: 1_000,
    ends: "refused",
    by: "command-timeout",
  },
  { name: "output without end", input: "yes", timeout: 30_000, ends: "refused", by: "command-output" },
  { name: "errors without end", input: "yes >&2", timeout: 30_000, ends: "refused", by: "command-output" },
  {
    name: "a fork storm",
    input: "f() { f | f & }; f; sleep 10",
    timeout: 1_000,
    ends: "refused",
    by: "command-timeout",
  },
  {
    name: "a child that waits for the judge to look away",
    input: "(sleep 1; echo x >> src/other.js) > /dev/null 2>&1 &",
    ends: "contained",
  },
  {
    name: "a child in a session of its own",
    input: "setsid nohup sh -c 'sleep 1; echo x >> src/other.js' > /dev/null 2>&1 < /dev/null & disown",
    ends: "contained",
  },
  {
    name: "a child of a child",
    input:
      'node -e \'require("child_process").spawn("sh", ["-c", "sleep 1; echo x >> src/other.js"], {detached: true, stdio: "ignore"}).unref()\'',
    ends: "contained",
  },
  {
    name: "a question at a terminal",
    input: 'read -r answer; echo "answer: $answer"; test -t 0 || echo none; cat /dev/tty',
    ends: "contained",
    by: /none/,
  },
  {
    name: "more files than can be looked at",
    input: "mkdir gen; cd gen; seq 1 12000 | xargs touch",
    task: "B",
    ends: "refused",
    // by the number of effects, or on a slow machine by the time
  },
  {
    name: "files that hold nothing and are long to read",
    input: "truncate -s 1G $(seq -f x%g 40)",
    ends: "refused", // by what cannot be looked at, or on a slow machine by the time
  },
  {
    name: "folders deeper than a path can say",
    input: `perl -e '$d = "d" x 200; for (1..40) { mkdir $d; chdir $d or die }'`,
    ends: "refused", // by what cannot be looked at, or on a slow machine by the time
  },
  {
    name: "folders deeper than a path can say, in scratch",
    input: `mkdir out; cd out; perl -e '$d = "d" x 200; for (1..40) { mkdir $d; chdir $d or die }'`,
    ends: "refused", // by what cannot be looked at, or on a slow machine by the time
  },
  {
    name: "a file larger than any",
    input: "mkdir -p out; head -c 3000000000 /dev/zero > out/big; ls -l out/big | wc -l; rm -rf out",
    ends: "contained",
  },
]);
