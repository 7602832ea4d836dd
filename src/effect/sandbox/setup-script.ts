/**
 * Process 1 of the sandbox, at the end of the set-up: shows nothing of itself to the command, whose user it shares, starts
 * it with its own environment, hands on what it says, waits for it and reaps what is left. The command says it into pipes:
 * worknode's own ends are sockets, which nothing can open by `/dev/stderr`, and would be a way to talk to it. What orphans
 * leave is reaped once a second. Takes `$prctl`, `@environment` and `@command`.
 */
const INIT = String.raw`
syscall($prctl, 4, 0, 0, 0, 0) == 0 or die "cannot hide the set-up: $!\n"; # PR_SET_DUMPABLE: no reading or tracing of this process
$0 = 'worknode';
$^F = 2;
my (%said, @says);
for my $number (1, 2) {
  pipe(my $from, my $into) or die "cannot make a pipe: $!\n";
  $said{fileno $from} = [$from, $number == 1 ? \*STDOUT : \*STDERR];
  push @says, $into;
}
open(my $status, '>&=', 3);
syswrite($status, "ready\n") or die "cannot report: $!\n";
close $status;
my $child = fork;
defined $child or die "cannot start a process: $!\n";
if ($child == 0) {
  setpgrp; # or what it sends to its group would reach the set-up
  open(STDOUT, '>&', $says[0]) && open(STDERR, '>&', $says[1]) or exit 126;
  %ENV = map { split /=/, $_, 2 } @environment;
  exec { $command[0] } @command or print STDERR "$command[0]: $!\n";
  exit($! == 2 ? 127 : 126); # as shells say it: not found, not to be run
}
close $_ for @says;
my $watched = syscall(434, $child, 0); # pidfd_open, the same on every processor: ready when the command has ended
$watched >= 0 or die "cannot watch the command: $!\n";
sub hand_on { # all that a pipe can hold at once; false when there is nothing
  my ($from, $to) = @{$said{$_[0]}};
  my $length = sysread($from, my $text, 1 << 20) or return 0;
  for (my $sent = 0; $sent < $length;) { $sent += syswrite($to, $text, $length - $sent, $sent) // return 0 }
  return 1;
}
my $exit;
until (defined $exit) {
  my $ready = '';
  vec($ready, $_, 1) = 1 for $watched, keys %said;
  select($ready, undef, undef, 1) > 0 or $ready = '';
  while ((my $ended = waitpid(-1, 1)) > 0) { $exit = $? if $ended == $child } # WNOHANG
  last if defined $exit;
  for my $number (keys %said) { vec($ready, $number, 1) and !hand_on($number) and delete $said{$number} }
}
for my $number (keys %said) { # what was said by then, and not what others still say
  fcntl($said{$number}[0], 4, 2048); # F_SETFL, O_NONBLOCK
  hand_on($number);
}
exit($exit & 127 ? 128 + ($exit & 127) : $exit >> 8);
`;

/**
 * The set-up of both backends: constant text, which perl runs after `COMMON` as the first process of fresh namespaces, with
 * capabilities over those only. Everything that varies comes in as an argument or in the operations on its input, and is
 * never spliced into the text. One process makes every system call: a program for each mount, link and file cost more than
 * all that they did. For the same reason it names no module, not even `strict`: a test compiles it under that.
 *
 * 1. A tmpfs hides `/sys`, which exists everywhere and holds nothing a workspace needs: the stage.
 *    `/sys/r` becomes the root, `/sys/m` holds what overlays are made of.
 * 2. The operations make every directory, file, link and mount (`setupText`).
 * 3. The stage becomes the root, the host's tree is detached, and so is all of `/sys/m`.
 *    A second user namespace, without rights over these mounts, takes over an ordinary uid, enters
 *    `/r`, drops every capability, and becomes the init of the sandbox. It needs a writable `/proc`
 *    for its uid map, which stays outside `/r`. As init it shows nothing of itself, starts the command with its own
 *    environment, waits for it and reaps what is left; when it ends, the kernel ends everything else.
 *
 * Every failure ends the set-up with its reason on descriptor 3, which ends in `ready` once the command is
 * about to start: so a failed set-up is never taken for the command's own failure.
 *
 * Arguments: process limit of the pid namespace (or empty), bytes of the stage, of one file, processes, start directory;
 * then the number of variables, the environment as `NAME=value`, and the command.
 */
export const SETUP_PROGRAM = String.raw`
my ($pids, $stage_bytes, $file_bytes, $processes, $start, $variables, @command) = @ARGV;
my @environment = splice @command, 0, $variables;
sub content {
  my ($file, $path) = @_;
  local $/;
  my $text = <$file>;
  return $text // fail("cannot read $path");
}
sub copy {
  my ($from, $to) = @_;
  -l $from and return symlink(readlink $from, $to) || fail("cannot link $to");
  open(my $file, '<', $from) or fail("cannot read $from");
  put($to, content($file, $from));
}
my @fields = split /\0/, content(\*STDIN, 'the operations'), -1;
pop(@fields) eq '' && pop(@fields) eq 'end' or fail('the operations are cut off');
open(STDIN, '<', '/dev/null') or fail('cannot open /dev/null');

# What the caller had open is no command's: a folder of the host, its end of a pipe.
opendir(my $open, '/proc/self/fd') or fail('cannot see what is open');
my ($listing) = (fileno $open);
for my $number (grep { /^\d+$/ && $_ > 3 && $_ != $listing } readdir $open) {
  call("cannot close descriptor $number", $close, $number + 0);
}
closedir $open;

# KEYCTL_JOIN_SESSION_KEYRING: no namespace hides the caller's keys. EPERM, ENOSYS: nobody here has any.
syscall($keyctl, 1, 0) > 0 or $! == 1 or $! == 38 or fail('cannot leave the caller\'s keyring');

my %make = (
  directory => [1, sub { mkdir $_[0] or -d $_[0] or fail("cannot make $_[0]") }],
  file => [2, \&put],
  copy => [2, \&copy],
  mount => [5, \&attach],
  cover => [5, sub { syscall($mount, @_[0 .. 2], $_[3] + 0, $_[4]) == 0 or ($! == 2 and not -l $_[1] and not -e _) or fail("cannot mount $_[0] on $_[1]") }], # ENOENT: gone
);
attach('none', '/', '', 0x44000, ''); # MS_REC, MS_PRIVATE: bubblewrap's own follow what the host mounts
attach('worknode', '/sys', 'tmpfs', 2 | 4, "mode=755,size=$stage_bytes");
while (@fields) {
  my ($count, $perform) = @{$make{shift @fields} or fail('unknown operation')};
  $perform->(splice @fields, 0, $count);
}
put('/proc/sys/user/max_user_namespaces', 1);
put('/proc/sys/kernel/pid_max', $pids) if $pids ne '';
put('/proc/self/oom_score_adj', 1000); # when the machine's memory ends, the command ends first
for ([1, $file_bytes], [4, 1], [6, $processes]) { # RLIMIT_FSIZE, RLIMIT_CORE (1: nor to a program of the host's), RLIMIT_NPROC
  my ($limit, $value) = @$_;
  call('cannot set a limit', $prlimit, 0, $limit, pack('Q2', $value, $value), 0);
}

# A filter for system calls. No rings, which open sockets unseen here (ENOSYS); no keys, as the caller's own belong to his
# number, whatever the namespace (ENOSYS); no sockets but of the families a network namespace holds (EAFNOSUPPORT): AF_VSOCK
# reaches the host of a virtual machine. All else is let through.
my ($audit, $socket, $audit_32, $socket_32, $socketcall_32, $keyctl_32) = @filtered;
my @families = (1, 2, 10, 16); # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK
my ($allow, $absent, $no_family) = map { [0x06, 0, 0, $_] } 0x7fff0000, 0x00050000 | 38, 0x00050000 | 97;
sub when { # a call's number, and what is done then
  my ($number, @then) = @_;
  return ([0x15, 0, scalar @then, $number], @then);
}
sub calls_of { # one architecture's: mask for the number, socket, what is absent, what hides its arguments
  my ($mask, $socket, $absent_calls, $hidden) = @_;
  return (
    [0x20, 0, 0, 0], # load the number of the call
    [0x54, 0, 0, $mask],
    (map { when($_, $absent) } @$absent_calls),
    (map { when($_, $no_family) } @$hidden),
    when($socket, [0x20, 0, 0, 16], (map { when($_, $allow) } @families), $no_family), # load the family
    $allow,
  );
}
my $ring = 425; # io_uring_setup, the same on every processor
my @ours = calls_of(0xbfffffff, $socket, [$ring, $keyctl - 2 .. $keyctl], []); # without the mark of x32
my @theirs = calls_of(0xffffffff, $socket_32, [$ring, $keyctl_32 - 2 .. $keyctl_32], [$socketcall_32 || ()]);
my @filter = (
  [0x20, 0, 0, 4], # load the architecture
  [0x15, 0, scalar @ours, $audit], @ours,
  $audit_32 ? ([0x15, 0, scalar @theirs, $audit_32], @theirs) : (),
  $allow,
);
my $program = join '', map { pack 'SCCL', @$_ } @filter;
call('cannot filter system calls', $prctl, 22, 2, pack('Sx6P', scalar @filter, $program)); # PR_SET_SECCOMP, FILTER

call('cannot change the root', $pivot_root, '/sys', '/sys/m/old');
chdir '/' or fail('cannot leave the old root');
call('cannot detach the old root', $umount, '/m', 2); # MNT_DETACH
call('cannot make a user namespace', $unshare, 0x10000000); # CLONE_NEWUSER
map_user(1000, 0, 0);
chroot '/r' or fail('cannot enter the sandbox');
chdir $start or fail("cannot enter $start");
for my $capability (0 .. 63) {
  last if syscall($prctl, 23, $capability, 0, 0, 0) == -1; # PR_CAPBSET_READ: the kernel knows no more
  call('cannot bound capabilities', $prctl, 24, $capability, 0, 0, 0); # PR_CAPBSET_DROP
}
call('cannot clear ambient capabilities', $prctl, 47, 4, 0, 0, 0); # PR_CAP_AMBIENT_CLEAR_ALL
call('cannot forbid new privileges', $prctl, 38, 1, 0, 0, 0); # PR_SET_NO_NEW_PRIVS
call('cannot drop capabilities', $capset, pack('L2', 0x20080522, 0), pack('L6', (0) x 6)); # _LINUX_CAPABILITY_VERSION_3
${INIT}`;
