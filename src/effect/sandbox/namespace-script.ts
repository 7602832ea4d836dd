/**
 * System calls Perl has no name for, by the processor's name as Node gives it: mount, umount2, pivot_root,
 * unshare, prctl, capset, prlimit64, keyctl, close (Linux: `arch/x86/entry/syscalls/syscall_64.tbl`, `include/uapi/asm-generic/unistd.h`).
 */
const GENERIC_CALLS: readonly number[] = [40, 39, 41, 97, 167, 91, 261, 219, 57];
const SYSTEM_CALLS: Readonly<Partial<Record<string, readonly number[]>>> = {
  x64: [165, 166, 155, 272, 157, 126, 302, 250, 3],
  arm64: GENERIC_CALLS,
  riscv64: GENERIC_CALLS,
};

/**
 * What the filter of system calls must know: the architecture as the kernel's audit names it and the number of `socket`
 * there; then, for its 32-bit programs (or 0), the same, the call they make sockets by that hides its arguments, and
 * `keyctl`. Everywhere `add_key` and `request_key` come right before `keyctl`.
 */
const FILTERED_CALLS: Readonly<Partial<Record<string, readonly number[]>>> = {
  x64: [0xc000003e, 41, 0x40000003, 359, 102, 288],
  arm64: [0xc00000b7, 198, 0x40000028, 281, 0, 311],
  riscv64: [0xc00000f3, 198, 0, 0, 0, 0],
};

/** The numbers the set-up program takes as one argument; undefined for a processor whose calls are not known. */
export function systemCalls(processor: string): string | undefined {
  const [calls, filtered] = [SYSTEM_CALLS[processor], FILTERED_CALLS[processor]];
  return calls === undefined || filtered === undefined ? undefined : [...calls, ...filtered].join(",");
}

/** What perl runs before either program: takes the numbers of the system calls off the arguments. */
export const COMMON = String.raw`
umask 022;
$^F = 3;
my ($mount, $umount, $pivot_root, $unshare, $prctl, $capset, $prlimit, $keyctl, $close, @filtered) = map { $_ + 0 } split /,/, shift;

sub fail {
  my $why = $!;
  open(my $status, '>&=', 3);
  syswrite $status, "$_[0]: $why\n";
  exit 1;
}
sub call {
  my ($what, $number, @arguments) = @_;
  syscall($number, @arguments) == 0 or fail($what);
}
sub put {
  my ($path, $text) = @_;
  open(my $file, '>', $path) or fail("cannot write $path");
  length($text) == 0 or syswrite($file, $text) == length $text or fail("cannot write $path");
  close $file or fail("cannot write $path");
}
sub attach {
  my ($source, $target, $type, $flags, $data) = @_;
  call("cannot mount $source on $target", $mount, $source, $target, $type, $flags + 0, $data);
}
sub map_user {
  my ($inside, $user, $group) = @_;
  put('/proc/self/setgroups', 'deny');
  put('/proc/self/uid_map', "$inside $user 1");
  put('/proc/self/gid_map', "$inside $group 1");
}
`;

/**
 * Makes the namespaces where nothing else has (util-linux), becomes the parent of their first process, which runs the
 * program that follows among the arguments, and ends as that ends. It is a program of its own, as what is compiled before a
 * process is forked has its memory copied. The first process dies with its parent, and that with worknode.
 * Arguments: system call numbers, worknode's process id, `isolated` or `shared` network, a program and its arguments.
 */
export const NAMESPACE_PROGRAM = String.raw`
my ($worknode, $network, $program) = splice @ARGV, 0, 3;
my ($user, $group) = ($>, $) + 0);
# CLONE_NEWUSER, NEWNS, NEWPID, NEWIPC, NEWUTS, NEWNET
call('cannot make namespaces', $unshare, 0x3c020000 | ($network eq 'isolated' ? 0x40000000 : 0));
call('cannot die with worknode', $prctl, 1, 9, 0, 0, 0); # PR_SET_PDEATHSIG, SIGKILL
getppid == $worknode or fail('worknode has ended');
map_user(0, $user, $group);
my $first = fork;
defined $first or fail('cannot start a process');
if ($first) {
  waitpid $first, 0;
  kill 9, $$ if $? & 127;
  exit $? >> 8;
}
call('cannot die with worknode', $prctl, 1, 9, 0, 0, 0);
if ($network eq 'isolated') {
  my $up = pack 'a16sx22', 'lo', 0x49; # UP, LOOPBACK, RUNNING
  socket(my $socket, 2, 2, 0) or fail('cannot open a socket'); # AF_INET, SOCK_DGRAM
  ioctl($socket, 0x8914, $up) or fail('cannot raise the loopback'); # SIOCSIFFLAGS
}
eval $program;
print STDERR $@;
fail('cannot set the sandbox up');
`;
