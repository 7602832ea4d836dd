import type { Backend } from "./spec.js";

/**
 * The set-up of both backends: constant text run by `sh` as process 1 of fresh namespaces,
 * with capabilities over those namespaces only. Everything that varies comes in as an argument and
 * is never spliced into the text.
 *
 * 1. A tmpfs hides `/sys`, which exists everywhere and holds nothing a workspace needs: the stage.
 *    `/sys/r` becomes the root, `/sys/m` holds what overlays are made of.
 * 2. One `mount --all` makes every mount of the given table.
 * 3. util-linux: the stage becomes the root, the host's tree is detached, and so are the raw layers.
 *    A second user namespace, without rights over these mounts, takes over an ordinary uid, enters
 *    `/r`, drops every capability, and becomes the init of the sandbox. It needs a writable `/proc`
 *    for its uid map, which stays outside `/r`.
 *    bubblewrap: the same by `bwrap`, which also makes the network, a further pid namespace and `/proc`.
 *
 * Errors of the set-up go to descriptor 3, which ends in `ready` once the command is about to start:
 * so a failed set-up is never taken for the command's own failure.
 *
 * Arguments: file of the mount table, directories, files, host paths to copy, `.git` text, git configuration,
 * start directory, host name, process limit of the pid namespace (or empty), file size
 * limit, process limit, `isolated` or `shared` network, the init text; then the environment and the command.
 */
const STAGE_SCRIPT = `
set -euf
umask 022
PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec 4>&2 2>&3

table=$1 dirs=$2 files=$3 copies=$4 pointer=$5 config=$6 start=$7 host=$8
pids=$9
shift 9
fsize=$1 nproc=$2 network=$3 init=$4
shift 4
mount -n -i -t tmpfs -o mode=755,nosuid,nodev worknode /sys
IFS='
'
mkdir -p $dirs
for file in $files; do : > "$file"; done
cp -P --parents $copies /sys/r
printf 'root:x:0:0:root:/:/bin/sh\\nworknode:x:1000:1000::/tmp/home:/bin/sh\\nnobody:x:65534:65534::/:/bin/false\\n' > /sys/r/etc/passwd
printf 'root:x:0:\\nworknode:x:1000:\\nnogroup:x:65534:\\n' > /sys/r/etc/group
printf '127.0.0.1 localhost %s\\n::1 localhost\\n' "$host" > /sys/r/etc/hosts
printf 'passwd: files\\ngroup: files\\nhosts: files dns\\nservices: files\\nprotocols: files\\n' > /sys/r/etc/nsswitch.conf
printf '[safe]\\n\\tdirectory = *\\n[user]\\n\\tname = worknode\\n\\temail = worknode@localhost\\n' > /sys/r/etc/gitconfig
printf '%s\\n' "$pointer" > /sys/m/pointer
printf '%s\\n' "$config" > /sys/m/config
mount -n -i -a -T "$table"
echo 1 > /proc/sys/user/max_user_namespaces
test -z "$pids" || echo "$pids" > /proc/sys/kernel/pid_max
`;

const UTIL_LINUX_SCRIPT = `
if test "$network" = isolated; then
  if command -v ip > /dev/null; then ip link set lo up
  else perl -e 'socket(S,2,2,0)&&ioctl(S,0x8914,$r=pack("a16sx22","lo",0x49))||die "cannot raise the loopback: $!\\n"'
  fi
fi
pivot_root /sys /sys/old
cd /
unset PWD OLDPWD
umount -l /old /m/l /m/w
exec unshare --user --map-user=1000 --map-group=1000 --keep-caps --root=/r --wd="$start" \\
  setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs \\
  /bin/sh -c "$init" worknode "$fsize" "$nproc" "$@"
`;

const BUBBLEWRAP_SCRIPT = `
net=--unshare-net
test "$network" = isolated || net=--unshare-ipc
unset PWD OLDPWD
exec bwrap --unshare-user --uid 1000 --gid 1000 --unshare-pid --unshare-ipc "$net" --die-with-parent --as-pid-1 \\
  --cap-drop ALL --dev-bind /sys/r / --proc /proc --remount-ro /proc --chdir "$start" \\
  /bin/sh -c "$init" worknode "$fsize" "$nproc" "$@"
`;

/** The set-up of each backend. */
export const SETUP_SCRIPTS: Readonly<Record<Backend, string>> = {
  "util-linux": STAGE_SCRIPT + UTIL_LINUX_SCRIPT,
  bubblewrap: STAGE_SCRIPT + BUBBLEWRAP_SCRIPT,
};

/**
 * Process 1 of the sandbox: bounds what follows, says that the set-up is done, gives the command its
 * streams and its environment, waits for it and reaps what is left. When it ends, the kernel ends
 * everything else. The option for the number of processes is the one thing shells do not agree on.
 *
 * Arguments: file size limit in blocks of 512 bytes, process limit, environment, command.
 */
export const INIT_SCRIPT = `
ulimit -c 0 && ulimit -f "$1" && if test -n "\${BASH_VERSION-}"; then ulimit -u "$2"; else ulimit -p "$2"; fi || exit 1
shift 2
printf 'ready\\n' >&3
exec 2>&4 3>&- 4>&-
/usr/bin/env -i "$@"
exit $?
`;
