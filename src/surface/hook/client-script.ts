/** What marks a hook, or a file, as worknode's. */
const MARK = "worknode-hook";

/**
 * A client that starts no Node: reads an event, has the resident process answer it, prints the answer. Whatever is not a
 * whole answer by that process ends with exit code 2, which blocks. Needs Perl's base package, which git needs as well.
 */
export const CLIENT_SCRIPT = `#!/bin/sh
# ${MARK}: asks worknode about one event of Claude Code. Anything doubtful ends with 2, which blocks.
# usage: client.sh STATE_FILE [COMMAND that starts the resident process]
command -v perl >/dev/null 2>&1 || { echo "worknode: no perl here: install it, or use the http hooks" >&2; exit 2; }
perl -MSocket -e '
use strict; use warnings;
my ($file, @start) = @ARGV;
sub block { print STDERR "worknode: $_[0]. Blocked.\\n"; exit 2 }
$SIG{__DIE__} = sub { block("the client failed") };
$SIG{ALRM} = sub { block("no answer in time") };
$SIG{PIPE} = "IGNORE";
alarm(570);
binmode STDIN; binmode STDOUT;
my $event = do { local $/; <STDIN> };
block("no event") unless defined $event && length $event;
sub address {
  open(my $in, "<", $file) or block("the hooks are not installed here ($file)");
  my $text = do { local $/; <$in> };
  my ($port) = $text =~ /"port":(\\d+)/; my ($token) = $text =~ /"token":"([0-9a-f]{64})"/;
  my ($answer) = $text =~ /"answer":"([0-9a-f]{64})"/;
  block("$file is damaged") unless $port && $token && $answer;
  return ($port, $token, $answer);
}
my ($port, $token, $answer) = address();
sub dial {
  socket(my $to, PF_INET, SOCK_STREAM, 0) or block("no socket");
  return connect($to, sockaddr_in($port, inet_aton("127.0.0.1"))) ? $to : undef;
}
my $to = dial();
if (!$to && @start) {
  system(@start) == 0 or block("the resident process could not be started");
  $to = dial();
}
block("its resident process is not running: worknode hook start") unless $to;
binmode $to;
my $head = "POST /hook HTTP/1.1\\r\\nHost: 127.0.0.1:$port\\r\\nAuthorization: Bearer $token\\r\\n"
  . "Content-Type: application/json\\r\\nContent-Length: " . length($event) . "\\r\\nConnection: close\\r\\n\\r\\n";
my $out = $head . $event;
while (length $out) {
  my $sent = syswrite($to, $out);
  block("the event could not be sent") unless $sent;
  substr($out, 0, $sent) = "";
}
my $reply = do { local $/; <$to> };
block("an empty answer") unless defined $reply;
my ($lines, $body) = split(/\\r\\n\\r\\n/, $reply, 2);
block("an answer cut short") unless defined $body;
block("it was refused (" . substr($lines, 0, 60) . ")") unless $lines =~ m{^HTTP/1\\.1 200 };
block("an answer by somebody else") unless $lines =~ /^x-worknode-answer: \\Q$answer\\E\\r?$/mi;
my ($length) = $lines =~ /^content-length: (\\d+)\\r?$/mi;
block("an answer cut short") unless defined $length && $length == length($body) && $body =~ /^\\{.*\\}$/s;
print $body or block("the answer could not be given");
close(STDOUT) or block("the answer could not be given");
exit 0;
' "$@"
code=$?
[ "$code" -eq 0 ] || exit 2
exit 0
`;
