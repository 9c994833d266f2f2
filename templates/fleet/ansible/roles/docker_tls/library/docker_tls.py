#!/usr/bin/python
# Made by docker-tls-openssl. Protects the TCP socket of a host's Docker daemon with mutual TLS: Python 3.6 or newer, its standard
# library and openssl are all that it needs there.
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: docker_tls
short_description: Protect the TCP socket of a Docker daemon with mutual TLS
description:
  - Makes the daemon's private key and its CSR on the host, and puts certificate, CA, daemon.json and a drop-in of the unit in place as one change.
  - Restarts the daemon where what it has loaded is not what it is to have; a daemon that does not come back gets its old files back.
  - C(/var/lib/docker-tls-openssl) has what was there before, and a journal while a change is unfinished.
author: docker-tls-openssl
options:
  state:
    description:
      - C(requested) makes a key where there is none, and gives a CSR for it.
      - C(present) installs and restarts. The change stays open, to be taken back, until C(confirmed) or C(reverted).
      - C(absent) restores what was there before the first installation.
    choices: [requested, present, confirmed, reverted, absent]
    required: true
    type: str
  names:
    description: Names of the certificate, as C(DNS:host) and C(IP:address). The first is the common name.
    type: list
    elements: str
    default: []
  key_type:
    description: Type of a new key, as C(ec:p256).
    type: str
    default: rsa:4096
  csr:
    description: The CSR that waits to be signed. It is given back as it is if it still fits.
    type: str
    default: ""
  certificate:
    description: The daemon's certificate, with further ones of its chain.
    type: str
    default: ""
  ca:
    description: The CA that signs the daemon's clients.
    type: str
    default: ""
  key:
    description: The daemon's private key, where it was not made on the host.
    type: str
    default: ""
  directory:
    description: Where the daemon's files lie.
    type: path
    default: /etc/docker/tls
  listen:
    description: Address to listen on.
    type: str
    default: 0.0.0.0
  port:
    description: Port to listen on.
    type: int
    default: 2376
  window:
    description: When the daemon may restart, with C(days) (0 for Sunday), C(from) and C(to) in minutes after midnight, and C(zone).
    type: dict
    default: {}
  now:
    description: The day of the week, the hour and the minute where the controller is, for a window without a zone.
    type: str
    default: ""
  ignore_window:
    description: Restarts at any time.
    type: bool
    default: false
  timeout:
    description: How long to wait for the daemon, in seconds.
    type: int
    default: 60
"""

import fcntl
import hashlib
import ipaddress
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import time

from ansible.module_utils.basic import AnsibleModule

STATE = "/var/lib/docker-tls-openssl"
JOURNAL = STATE + "/journal"
OLD = STATE + "/old"
RECORD = STATE + "/record"
BEFORE = STATE + "/before"
HEADER = "docker-tls-openssl 1"
DAEMON_JSON = "/etc/docker/daemon.json"
DROP_IN = "/etc/systemd/system/docker.service.d/zz-docker-tls-openssl.conf"
MADE_BY_US = "# Made by docker-tls-openssl."
PID_FILE = "/var/run/docker.pid"
LOCAL_SOCKET = "unix:///var/run/docker.sock"
TLS_KEYS = ("tlsverify", "tlscacert", "tlscert", "tlskey")
OUR_KEYS = ("hosts",) + TLS_KEYS


class Refused(Exception):
    """What stands in the way, in words for a person."""


# --- The flags of dockerd, as spf13/pflag reads them.

BOOLEAN_FLAGS = frozenset(
    """allow-direct-routing cri-containerd debug disable-legacy-registry experimental help icc init ip-forward
    ip-forward-no-drop ip-masq ip6tables iptables ipv6 live-restore no-new-privileges raw-logs rootless selinux-enabled tls
    tlsverify userland-proxy validate version""".split()
)
VALUE_FLAGS = frozenset(
    """add-runtime allow-nondistributable-artifacts api-cors-header authorization-plugin bip bip6 bridge bridge-accept-fwmark
    cdi-spec-dir cgroup-parent cluster-advertise cluster-store cluster-store-opt config-file containerd containerd-namespace
    containerd-plugins-namespace cpu-rt-period cpu-rt-runtime data-root default-address-pool default-cgroupns-mode
    default-gateway default-gateway-v6 default-ipc-mode default-network-opt default-runtime default-shm-size default-ulimit dns
    dns-opt dns-search exec-opt exec-root feature firewall-backend fixed-cidr fixed-cidr-v6 graph group host host-gateway-ip
    http-proxy https-proxy init-path insecure-registry ip label log-driver log-format log-level log-opt
    max-concurrent-downloads max-concurrent-uploads max-download-attempts metrics-addr min-api-version mtu
    network-control-plane-mtu network-diagnostic-port no-proxy node-generic-resource oom-score-adjust pidfile registry-mirror
    seccomp-profile shutdown-timeout storage-driver storage-opt swarm-default-advertise-addr tlscacert tlscert tlskey
    userland-proxy-path userns-remap""".split()
)
SHORT_FLAGS = {
    "b": "bridge", "D": "debug", "g": "graph", "G": "group", "H": "host", "l": "log-level", "p": "pidfile", "s": "storage-driver", "v": "version",
}  # fmt: skip
OWN_FLAGS = frozenset(["host", "tls", "tlsverify", "tlscacert", "tlscert", "tlskey"])


def parse_flags(words):
    """The flags in the words after dockerd: name, value, the word it stands in, whether its value is the next word, and the short flags before it."""
    found = []
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            break
        following = words[at + 1] if at + 1 < len(words) else None
        takes_next = False
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            takes_next = (
                not equals
                and name not in BOOLEAN_FLAGS
                and following is not None
                and (name in VALUE_FLAGS or not following.startswith("-"))
            )
            found.append((name, following if takes_next else (value if equals else None), at, takes_next, ""))
        elif word.startswith("-") and len(word) > 1:
            letters = word[1:]
            for place, letter in enumerate(letters):
                name = SHORT_FLAGS.get(letter, letter)
                rest = letters[place + 1 :]
                if rest.startswith("="):
                    found.append((name, rest[1:], at, False, letters[:place]))
                    break
                if name in VALUE_FLAGS:
                    takes_next = rest == "" and following is not None
                    found.append((name, rest or following, at, takes_next, letters[:place]))
                    break
                found.append((name, None, at, False, letters[:place]))
        at += 2 if takes_next else 1
    return found


def systemd_words(line):
    """Splits a command line into words as they are written, quotes included."""
    return re.findall(r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|[^\s"'\\])+""", line, re.S)


def unquote(word):
    """Removes the quotes and simple escapes of a word."""

    def plain(found):
        text = found.group(1) or found.group(2) or found.group(3) or ""
        return re.sub(r"\\(.)", r"\1", text, flags=re.S)

    return re.sub(r"""(?s)"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|(\\.)""", plain, word)


def split_command(line):
    """dockerd's command line without the flags that daemon.json gets: the line, what was taken out, the values of -H, and the flags."""
    written = systemd_words(line)
    first = written[0] if written else ""
    prefix = re.match(r"[@\-:+!|]*", first).group(0)
    program = unquote(first[len(prefix) :])
    if not re.match(r"dockerd(-[a-z]+)?$", os.path.basename(program)) or "rootless" in program:
        raise Refused("docker.service does not start dockerd itself: %s" % line)
    start = 2 if "@" in prefix else 1
    words = written[start:]
    plain = [unquote(word) for word in words]
    flags = parse_flags(plain)
    gone = {}
    for name, value, at, takes_next, joined in flags:
        if name == "config-file" and value != DAEMON_JSON:
            raise Refused("docker.service lets the daemon read %s, and not %s: take --config-file out of it" % (value, DAEMON_JSON))
        if name not in OWN_FLAGS:
            continue
        used = plain[at] + (" " + plain[at + 1] if takes_next else "")
        if name == "host" and re.search(r"[$%]", used):
            raise Refused("docker.service has a socket with a variable or a specifier: %s; write the socket itself there" % used)
        gone[at] = "-" + joined if joined else None
        if takes_next:
            gone[at + 1] = None
    rest = written[:start]
    removed = []
    for at, word in enumerate(words):
        if at not in gone:
            rest.append(word)
            continue
        left = gone[at]
        if left is not None:
            rest.append(left)
        removed.append(word if left is None else "-" + plain[at][len(left) :])
    ours = [flag for flag in flags if flag[0] in OWN_FLAGS]
    hosts = [value for name, value, at, takes_next, joined in ours if name == "host" and value is not None]
    return " ".join(rest), removed, hosts, ours


def drop_in_text(rest, hosts):
    """The drop-in that takes the flags out of the unit's command line."""
    what = "The sockets are" if hosts else "TLS is"
    return "\n".join(
        [
            MADE_BY_US + " %s configured in /etc/docker/daemon.json, and dockerd" % what,
            "# refuses to start where its command line names them, too. This is the command line of the unit without those flags.",
            "[Service]",
            "ExecStart=",
            "ExecStart=" + rest,
            "",
        ]
    )


# --- daemon.json, changed to the byte.

def no_duplicates(pairs):
    keys = [key for key, value in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise Refused("%s: %s stands there twice; leave one of them (dockerd takes the last)" % (DAEMON_JSON, json.dumps(key)))
    return dict(pairs)


def not_json(name):
    raise ValueError("%s is no JSON" % name)


def parse_json(text):
    """What daemon.json says; nothing for an empty file."""
    if text.strip() == "":
        return {}
    try:
        json.loads(text, object_pairs_hook=lambda pairs: None, parse_constant=not_json)
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        why = getattr(error, "msg", None) or str(error)
        raise Refused("%s, line %d, column %d: %s. Correct the file, which dockerd cannot read either" % (DAEMON_JSON, line, column, why))
    if not isinstance(value, dict):
        raise Refused("%s is not a JSON object" % DAEMON_JSON)
    no_duplicates([(member[0], None) for member in members_of(text)])
    return value


def members_of(text):
    """The members of the object: key, where it begins, where its value begins, and where that ends."""
    blank = re.compile(r"[ \t\r\n]*")
    decoder = json.JSONDecoder()
    at = blank.match(text).end() + 1
    members = []
    while True:
        at = blank.match(text, at).end()
        if text[at] == "}":
            return members
        if text[at] == ",":
            at = blank.match(text, at + 1).end()
        start = at
        key, at = decoder.raw_decode(text, at)
        at = blank.match(text, at).end()
        begin = blank.match(text, at + 1).end()
        at = decoder.raw_decode(text, begin)[1]
        members.append((key, start, begin, at))


def written(value, indent, eol):
    if indent == "":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(value, ensure_ascii=False, indent=indent, separators=(",", ": ")).replace("\n", eol + indent)


def with_settings(text, settings):
    """The text with those keys set, or without those that are None; all else as it was to the byte."""
    if text is None or text.strip() == "":
        text = "{\n}\n"
    for key, value in settings:
        members = members_of(text)
        many_lines = "\n" in text.strip()
        found = re.search(r'^([ \t]+)"', text, re.M)
        indent = (found.group(1) if found else "  ") if many_lines else ""
        eol = ("\r\n" if "\r\n" in text else "\n") if many_lines else " "
        index = next((at for at, member in enumerate(members) if member[0] == key), None)
        if value is None:
            if index is None:
                continue
            if index > 0:
                start, end = members[index - 1][3], members[index][3]
            elif len(members) > 1:
                start, end = members[0][1], members[1][1]
            else:
                start, end = text.index("{") + 1, text.rindex("}")
            text = text[:start] + text[end:]
        elif index is not None:
            text = text[: members[index][2]] + written(value, indent, eol) + text[members[index][3] :]
        else:
            member = "%s: %s" % (json.dumps(key), written(value, indent, eol))
            if members:
                end = members[-1][3]
                text = text[:end] + "," + eol + indent + member + text[end:]
            else:
                text = text[: text.index("{") + 1] + eol + indent + member + eol + text[text.rindex("}") :]
    return text


def is_tcp(host):
    return host.startswith("tcp://") or "://" not in host


def port_of(host):
    found = re.search(r":(\d+)/?$", host)
    return found.group(1) if found else "2376"


def settings_for(directory, flagged, listen, value):
    """What daemon.json is to say. All sockets stay but one on the same port; there is always a local one."""
    hosts = value.get("hosts", [])
    if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
        raise Refused('%s: "hosts" is not a list of sockets' % DAEMON_JSON)
    others = [host for host in hosts + flagged if not is_tcp(host) or port_of(host) != port_of(listen)]
    local = [] if any(not is_tcp(host) for host in others) else [LOCAL_SOCKET]
    wanted = []
    for host in local + others + [listen]:
        if host not in wanted:
            wanted.append(host)
    return [
        ("hosts", wanted),
        ("tlsverify", True),
        ("tlscacert", directory + "/ca.pem"),
        ("tlscert", directory + "/server-cert.pem"),
        ("tlskey", directory + "/server-key.pem"),
    ]


# --- Files.

class Entry(object):
    """A file as it is or as it is to be."""

    def __init__(self, content, mode, uid=0, gid=0, mtime=None):
        self.content, self.mode, self.uid, self.gid, self.mtime = content, mode, uid, gid, mtime

    def same(self, other):
        return other is not None and (self.content, self.mode, self.uid, self.gid) == (other.content, other.mode, other.uid, other.gid)

    def digest(self):
        return hashlib.sha256(self.content).hexdigest()


def read(path):
    """A regular file; None where nothing is."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            return None
        raise Refused("cannot read %s: %s" % (path, "it is a symbolic link" if os.path.islink(path) else error.strerror))
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise Refused("%s is not a regular file" % path)
        if state.st_size > 1 << 20:
            raise Refused("%s is too large: %d bytes" % (path, state.st_size))
        return Entry(file.read(), stat.S_IMODE(state.st_mode), state.st_uid, state.st_gid, state.st_mtime_ns)


def sync_folder(path):
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def missing_folders(path):
    """The directories above and including a path that are not there, outer ones first."""
    missing = []
    while path != "/" and not os.path.isdir(path):
        missing.insert(0, path)
        path = os.path.dirname(path)
    return missing


def refuse_unsafe(path):
    """Refuses a directory that others can change, or that lies in one."""
    while True:
        if os.path.lexists(path):
            state = os.stat(path)
            if not stat.S_ISDIR(state.st_mode):
                raise Refused("%s is not a directory" % path)
            if state.st_uid not in (0, os.geteuid()) or state.st_mode & 0o022 and not state.st_mode & stat.S_ISVTX:
                raise Refused("others can change %s: run chown root %s; chmod go-w %s" % (path, path, path))
        if path == "/":
            return
        path = os.path.dirname(path)


def first_certificate(text):
    found = re.search(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", text, re.S)
    return re.sub(r"\s", "", found.group(1)) if found else None


def inside(window, now):
    """Whether it is a time in the window, which may pass midnight. `now`: where the controller is, for a window without a zone."""
    if not window:
        return True
    zone = window.get("zone")
    if zone:
        if not os.path.isfile("/usr/share/zoneinfo/" + zone):
            raise Refused("this host does not know the time zone %s: install tzdata" % zone)
        os.environ["TZ"] = zone
        time.tzset()
    today, hour, minute = [int(word) for word in (time.strftime("%w %H %M") if zone or not now else now).split()]
    minutes = hour * 60 + minute
    return any(
        (today - back) % 7 in window["days"] and window["from"] <= minutes + 1440 * back < window["to"] for back in (0, 1)
    )


class Host(object):
    """One run on a host."""

    def __init__(self, module):
        self.module = module
        self.given = module.params
        directory = self.given["directory"].rstrip("/")
        if not re.match(r"(/[\w.@+-]+)+$", directory) or "/.." in directory:
            raise Refused("the directory has to be an absolute path without blanks: %s" % directory)
        self.directory = directory
        self.certificate, self.ca, self.key = (directory + "/" + name for name in ("server-cert.pem", "ca.pem", "server-key.pem"))
        self.paths = [self.key, self.certificate, self.ca, DROP_IN, DAEMON_JSON]
        self.systemd = os.path.isdir("/run/systemd/system")
        self.result = {"changed": False, "restarted": False, "waiting": False, "pending": False, "changes": []}

    # Programs

    def run(self, words, given=None, timeout=300):
        """Exit code, output and errors of a program, without a shell. What it is given comes on its standard input."""
        environment = dict(os.environ, LC_ALL="C")
        try:
            done = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, universal_newlines=True
            )
        except OSError as error:
            return 127, "", "%s: %s" % (words[0], error.strerror)
        try:
            out, errors = done.communicate(given or "", timeout=timeout)
        except subprocess.TimeoutExpired:
            done.kill()
            done.communicate()
            return 124, "", "%s did not end within %d s" % (words[0], timeout)
        return done.returncode, out, errors

    def openssl(self, what, *words, **given):
        code, out, errors = self.run(["openssl"] + list(words), given.get("given"))
        if code != 0 or out.strip() == "":
            raise Refused("%s: openssl %s failed: %s" % (what, words[0], errors.strip() or "no output"))
        return out

    def public_key(self, path, text=None):
        return self.openssl(path, "pkey", "-pubout", "-passin", "pass:", given=text if text is not None else read(path).content.decode())

    # How the daemon is started

    def service(self):
        """The drop-in's text or None, and the sockets and TLS flags of the command line."""
        if not self.systemd:
            return self.script_service()
        show = dict(
            line.partition("=")[::2]
            for line in self.run(
                ["systemctl", "show", "docker.service", "-p", "LoadState", "-p", "FragmentPath", "-p", "DropInPaths"]
            )[1].splitlines()
        )
        if show.get("LoadState") != "loaded":
            raise Refused("docker.service is %s: install Docker first" % (show.get("LoadState") or "not there"))
        folder = os.path.dirname(DROP_IN)
        drop_ins = [path for path in show.get("DropInPaths", "").split() if path != DROP_IN]
        if os.path.isdir(folder):  # one that systemd has not read yet
            for name in sorted(os.listdir(folder)):
                path = folder + "/" + name
                if name.endswith(".conf") and path != DROP_IN and path not in drop_ins:
                    drop_ins.append(path)
        later = [path for path in drop_ins if os.path.basename(path) > os.path.basename(DROP_IN)]
        commands, files, variables = [], [], {}
        for path in [show["FragmentPath"]] + sorted(drop_ins, key=os.path.basename):
            for name, value in unit_settings(path):
                target = {"ExecStart": commands, "EnvironmentFile": files}.get(name)
                if target is not None:
                    if value == "":
                        del target[:]
                    else:
                        target.append((path, value))
                if name == "Environment":
                    for word in systemd_words(value):
                        variable, equals, text = unquote(word).partition("=")
                        variables[variable] = (path, text)
        for path, value in files:
            value = unquote(value.lstrip("-"))
            for variable, text in shell_assignments(value):
                variables[variable] = (value, text)
        if len(commands) != 1:
            raise Refused("docker.service has %d command lines (ExecStart): leave one" % len(commands))
        if commands[0][0] in later:
            raise Refused("%s comes after %s, and would undo it: give it a name that comes earlier" % (commands[0][0], DROP_IN))
        line = commands[0][1]
        for variable in re.findall(r"\$\{?(\w+)", line.replace("$$", "")):
            path, text = variables.get(variable, ("", ""))
            refuse_flags(path, variable, text)
        rest, removed, hosts, flags = split_command(line)
        return (drop_in_text(rest, hosts) if removed else None), hosts, any(flag[0] != "host" for flag in flags)

    def script_service(self):
        for path in ("/etc/conf.d/docker", "/etc/default/docker", "/etc/sysconfig/docker"):
            for variable, text in shell_assignments(path):
                refuse_flags(path, variable, text)
        return None, [], False

    def restart(self):
        """Restarts the daemon with the units and files as they are. Gives why it failed, or None."""
        if not self.systemd:
            command = ["rc-service", "docker", "restart"] if shutil.which("rc-service") else ["service", "docker", "restart"]
            code, out, errors = self.run(command)
            return None if code == 0 else (errors or out).strip()
        mark = time.time()
        self.run(["systemctl", "daemon-reload"])
        self.run(["systemctl", "reset-failed", "docker.service", "docker.socket"])
        code, out, errors = self.run(["systemctl", "restart", "docker.service"])
        # A daemon that listened on the socket's own path has removed it when it ended.
        if self.run(["systemctl", "is-active", "--quiet", "docker.socket"])[0] == 0 and not os.path.exists("/run/docker.sock"):
            code, out, errors = self.run(["systemctl", "restart", "docker.socket", "docker.service"])
        if code == 0:
            return None
        said = self.run(["journalctl", "-u", "docker.service", "-o", "cat", "--no-pager", "-n", "50", "--since", "@%d" % int(mark)])[1]
        lines = [line for line in said.splitlines() if re.search(r"level=(error|fatal)|^(failed|unable|unknown|invalid)|cannot|unable to", line)]
        return (lines[-1] if lines else errors.strip()) or "exit code %d" % code

    def answers(self):
        """Whether the API answers on a local socket, or nothing says where that would be."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(5)
                client.connect("/var/run/docker.sock")
                client.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
                return client.recv(64).startswith(b"HTTP/1.")
        except OSError:
            return not os.path.exists("/var/run/docker.sock")

    def served(self):
        """The certificate that the daemon of this host shows; None where none does."""
        listen = self.given["listen"]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen, listen)
        address = "%s:%d" % ("[%s]" % host if ":" in host else host, self.given["port"])
        return first_certificate(self.run(["openssl", "s_client", "-connect", address], timeout=15)[1])

    def has_older_ca(self):
        """Whether the CA is newer than the daemon, which reads it only when it starts. The certificate that it serves does not show that."""
        try:
            return os.stat(self.ca).st_ctime_ns > os.stat(PID_FILE).st_mtime_ns
        except OSError:
            return False

    def until_up(self, certificate):
        """Waits for the daemon. Gives why it is not up, or None."""
        deadline = time.monotonic() + self.given["timeout"]
        while True:
            if self.answers():
                found = self.served() if certificate else None
                if found == certificate:
                    return None
                why = "port %d %s" % (self.given["port"], "serves another certificate" if found else "does not answer with TLS")
            else:
                why = "the API does not answer on /var/run/docker.sock"
            if time.monotonic() > deadline:
                return "%s after %d s" % (why, self.given["timeout"])
            time.sleep(0.2)

    def live_restore(self):
        code, out, errors = self.run(["docker", "info", "--format", "{{.LiveRestoreEnabled}} {{.ContainersRunning}}"], timeout=30)
        words = out.split()
        if code != 0 or len(words) != 2:
            return
        self.result["live_restore"] = words[0] == "true"
        self.result["containers"] = int(words[1])
        if not self.result["live_restore"]:
            self.module.warn("live-restore is off: restarting the daemon stops its containers, of which %s run" % words[1])

    # Writing

    def write(self, path, entry):
        """Puts a whole file in place by a rename, or takes it away."""
        folder = os.path.dirname(path)
        if entry is None:
            if os.path.lexists(path):
                os.unlink(path)
                sync_folder(folder)
            return
        new = "%s/.%s.docker-tls-openssl" % (folder, os.path.basename(path))
        if os.path.lexists(new):
            os.unlink(new)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(entry.content)
            file.flush()
            os.fchown(handle, entry.uid, entry.gid)
            os.fchmod(handle, entry.mode)
            os.fsync(handle)
        if entry.mtime is not None:
            os.utime(new, ns=(entry.mtime, entry.mtime))
        os.rename(new, path)
        if self.module.selinux_enabled():
            self.module.set_context_if_different(path, self.module.selinux_default_context(path), False)
        sync_folder(folder)

    def make_folders(self, folders):
        for path in folders:
            os.mkdir(path, 0o700)
            os.chmod(path, 0o700 if path in (self.directory, STATE, BEFORE, OLD) else 0o755)

    def remove_folders(self, folders):
        for path in reversed(folders):
            try:
                os.rmdir(path)
            except OSError:
                pass

    def store(self, path, lines):
        self.write(path, Entry("".join(line + "\n" for line in [HEADER] + lines).encode(), 0o600))

    def keep(self, folder, paths):
        """Copies files aside, with mode, owner and time. Gives the number of each copy, - where there is no file."""
        shutil.rmtree(folder, ignore_errors=True)
        self.make_folders(missing_folders(folder))
        numbers = {}
        for number, path in enumerate(paths, 1):
            entry = read(path)
            numbers[path] = str(number) if entry else "-"
            if entry:
                self.write("%s/%d" % (folder, number), entry)
        return numbers

    def lines_of(self, path):
        entry = read(path)
        if entry is None:
            return None
        lines = entry.content.decode().splitlines()
        if not lines or lines[0] != HEADER or entry.uid != os.geteuid():
            raise Refused("%s was not written by this program: see what it is, and remove it" % path)
        return [line.split(" ", 3) for line in lines[1:]]

    # The record of what was there before

    def record(self):
        """What was there before the first change: copies by path, digests of what was written, directories that were made, and the sockets."""
        lines = self.lines_of(RECORD)
        if lines is None:
            return None
        record = {"copies": {}, "written": {}, "folders": [], "hosts": None}
        for line in lines:
            if line[0] == "dir":
                record["folders"].append(line[1])
            elif line[0] == "hosts":
                record["hosts"] = json.loads(" ".join(line[1:]))
            elif line[0] == "file":
                record["copies"][line[1]], record["written"][line[1]] = line[2], line[3]
        return record

    def new_record(self):
        """Keeps what is there now, before anything is changed."""
        refuse_unsafe(os.path.dirname(STATE))
        folders = []
        for path in self.paths:
            for folder in missing_folders(os.path.dirname(path)):
                if folder not in folders:
                    folders.append(folder)
        copies = self.keep(BEFORE, self.paths)
        record = {"copies": copies, "written": dict.fromkeys(self.paths, "-"), "folders": sorted(folders), "hosts": None}
        self.store(RECORD, self.record_lines(record))
        return record

    @staticmethod
    def record_lines(record):
        hosts = [] if record["hosts"] is None else ["hosts " + json.dumps(record["hosts"], separators=(",", ":"))]
        files = ["file %s %s %s" % (path, record["copies"][path], record["written"][path]) for path in sorted(record["copies"])]
        return hosts + ["dir " + path for path in record["folders"]] + files

    def before(self, record, path):
        number = record["copies"].get(path, "-")
        if number == "-":
            return None
        entry = read("%s/%s" % (BEFORE, number))
        if entry is None:
            raise Refused("%s/%s is missing, the copy of %s" % (BEFORE, number, path))
        return entry

    # Changes, all or none

    def apply(self, changes):
        """Makes changes, in their order. A journal, written first, takes them back after an error or a kill."""
        folders = []
        for path, entry in changes:
            if entry is not None:
                folders += [folder for folder in missing_folders(os.path.dirname(path)) if folder not in folders]
        copies = self.keep(OLD, [path for path, entry in changes])
        lines = ["dir " + folder for folder in folders] + ["file %s %s" % (path, copies[path]) for path, entry in changes]
        self.store(JOURNAL, ["state begun"] + lines)
        try:
            self.make_folders(folders)
            for path, entry in changes:
                self.write(path, entry)
        except OSError as error:
            self.take_back()
            raise Refused("%s; nothing was changed" % error)
        return lines

    def journal(self):
        lines = self.lines_of(JOURNAL)
        return (lines, next((line[1] for line in lines if line[0] == "state"), "begun")) if lines is not None else (None, None)

    def take_back(self):
        """Puts everything back as the journal says."""
        lines, state = self.journal()
        files = [line for line in lines or [] if line[0] == "file"]
        for line in reversed(files):
            folder = os.path.dirname(line[1])
            entry = None if line[2] == "-" else read("%s/%s" % (OLD, line[2]))
            if line[2] != "-" and entry is None:
                raise Refused("%s/%s is missing, the copy of %s" % (OLD, line[2], line[1]))
            if os.path.isdir(folder):
                self.write(line[1], entry)
                leftover = "%s/.%s.docker-tls-openssl" % (folder, os.path.basename(line[1]))
                if os.path.lexists(leftover):
                    os.unlink(leftover)
        self.remove_folders([line[1] for line in lines or [] if line[0] == "dir"])
        self.close()

    def close(self):
        """The change stands, and cannot be taken back any more."""
        if os.path.lexists(JOURNAL):
            os.unlink(JOURNAL)
            sync_folder(STATE)
        shutil.rmtree(OLD, ignore_errors=True)

    def settle(self, lines, certificate):
        """Restarts after changes; a daemon that does not come back gets its old files back, and is started with them."""
        self.live_restore()
        why = self.restart() or self.until_up(certificate)
        if why is None:
            self.result["restarted"] = True
            self.store(JOURNAL, ["state up"] + lines)
            return
        self.take_back()
        again = self.restart() or self.until_up(None)
        if again:
            raise Refused("the daemon did not start: %s. Everything was put back, but the daemon does not start with that either: %s" % (why, again))
        raise Refused("the daemon did not start: %s. Everything was put back, and the daemon was restarted with it" % why)

    # The states

    def requested(self):
        names = self.given["names"]
        if not names:
            raise Refused("no names were given")
        refuse_unsafe(self.directory)
        fresh = read(self.key) is None
        if fresh and self.module.check_mode:
            self.result["changed"] = True
            self.result["csr"] = self.given["csr"]
            return
        if fresh:
            record = self.record() or self.new_record()
            content = self.openssl("the new key", *genpkey(self.given["key_type"])).encode()
            self.make_folders(missing_folders(self.directory))
            entry = Entry(content, 0o400)
            record["written"][self.key] = entry.digest()
            self.store(RECORD, self.record_lines(record))
            self.write(self.key, entry)
            self.result["changed"] = True
            self.result["changes"] = [self.key]
        if not fresh and self.fits(self.given["csr"], names):
            self.result["csr"] = self.given["csr"]
            return
        config = csr_config(names)
        self.result["csr"] = self.openssl("the CSR", "req", "-new", "-sha256", "-config", "/dev/stdin", "-key", self.key, given=config)

    def fits(self, csr, names):
        """Whether a CSR is for the key and the names."""
        if "BEGIN CERTIFICATE REQUEST" not in csr:
            return False
        code, out, errors = self.run(["openssl", "req", "-noout", "-pubkey", "-text"], csr)
        if code != 0 or self.public_key(self.key).strip() not in out:
            return False
        found = re.search(r"Subject Alternative Name:[^\n]*\n\s*(.*)", out)
        asked = [name.strip().replace("IP Address:", "IP:") for name in (found.group(1) if found else "").split(",")]
        return sorted(map(normal, asked)) == sorted(map(normal, names))

    def planned(self, record):
        """The files as they are to be, and the settings of daemon.json."""
        given = self.given
        certificate = first_certificate(given["certificate"])
        if certificate is None or first_certificate(given["ca"]) is None:
            raise Refused("there is no certificate for this host yet: sign its CSR first")
        wanted = []
        if given["key"]:
            wanted.append((self.key, Entry(given["key"].encode(), 0o400)))
            public = self.public_key("the key", given["key"])
        else:
            found = read(self.key)
            if found is None:
                raise Refused("%s is missing: run the playbook with the tag csr first" % self.key)
            public = self.public_key(self.key)
            wanted.append((self.key, Entry(found.content, 0o400 if found.mode & 0o077 else found.mode, found.uid, found.gid, found.mtime)))
        if self.openssl("the certificate", "x509", "-noout", "-pubkey", given=given["certificate"]).strip() != public.strip():
            raise Refused("the certificate is not for this host's key: sign its new CSR, and run this again")
        if self.run(["openssl", "x509", "-noout", "-checkend", "0"], given["certificate"])[0] != 0:
            raise Refused("the certificate has expired: renew it, and run this again")
        wanted.append((self.certificate, Entry(given["certificate"].encode(), 0o444)))
        wanted.append((self.ca, Entry(given["ca"].encode(), 0o444)))
        drop_in, flagged, flags_tls = self.service()
        found = read(DROP_IN)
        if found and not found.content.startswith(MADE_BY_US.encode()):
            raise Refused("%s was not made by this program, which would have to replace it: give it another name" % DROP_IN)
        wanted.append((DROP_IN, Entry(drop_in.encode(), 0o644) if drop_in is not None else None))
        found = read(DAEMON_JSON)
        text = found.content.decode("utf-8", "surrogateescape") if found else None
        value = parse_json(text or "")
        if flags_tls and value.get("tlsverify") is not True and any(is_tcp(str(host)) for host in value.get("hosts") or []):
            raise Refused("%s has TCP sockets, and the unit's command line TLS for them: move the --tls flags into it" % DAEMON_JSON)
        host = "[%s]" % given["listen"] if ":" in given["listen"] else given["listen"]
        settings = settings_for(self.directory, flagged, "tcp://%s:%d" % (host, given["port"]), value)
        if found and all(value.get(key) == wish and type(value.get(key)) is type(wish) for key, wish in settings):
            wanted.append((DAEMON_JSON, found))
        else:
            content = with_settings(text, settings).encode("utf-8", "surrogateescape")
            parse_json(content.decode("utf-8", "surrogateescape"))
            owner = (found.mode, found.uid, found.gid) if found else (0o644, 0, 0)
            wanted.append((DAEMON_JSON, Entry(content, *owner)))
        return wanted, settings, certificate

    def validate(self, content):
        """Asks dockerd about the configuration, where it can be asked (23.0 and later)."""
        code, out, errors = self.run(["dockerd", "--help"])
        if code != 0 or "--validate" not in out:
            return
        path = STATE + "/daemon.json"
        self.write(path, Entry(content, 0o600))
        try:
            code, out, errors = self.run(["dockerd", "--validate", "--config-file", path])
        finally:
            os.unlink(path)
        if code != 0:
            raise Refused("dockerd refuses the configuration: %s" % (errors or out).strip().replace(path, DAEMON_JSON))
        self.result["validated"] = True

    def present(self):
        refuse_unsafe(self.directory)
        record = self.record()
        first = record is None or record["written"].get(self.certificate, "-") == "-"
        lines, state = self.journal()
        open_window = first or lines is not None or self.given["ignore_window"] or inside(self.given["window"], self.given["now"])
        recovered = state == "begun" and not self.module.check_mode
        if recovered:
            self.module.warn("a run was killed before the daemon was restarted: what it had changed was put back, and is changed again now")
            self.take_back()
            record = self.record()
        wanted, settings, certificate = self.planned(record)
        changes = [(path, entry) for path, entry in wanted if differs(entry, read(path))]
        restart = bool(changes) or recovered or self.has_older_ca() or self.served() != certificate
        self.result["changes"] = [path for path, entry in changes]
        self.result["first"] = first
        if not restart:
            self.result["pending"] = state == "up"
            return
        if not open_window:
            self.result["waiting"] = True
            return
        self.result["changed"] = self.result["pending"] = True
        if self.module.check_mode:
            self.live_restore()
            return
        if state == "up":
            self.close()
        record = record or self.new_record()
        self.validate(dict(wanted)[DAEMON_JSON].content)
        for path, entry in wanted:
            if path in self.result["changes"] or record["written"].get(path, "-") != "-":
                record["written"][path] = entry.digest() if entry else "gone"
        record["hosts"] = dict(settings)["hosts"]
        text = "".join(line + "\n" for line in [HEADER] + self.record_lines(record)).encode()
        lines = self.apply([(RECORD, Entry(text, 0o600))] + changes)
        self.settle(lines, certificate)

    def confirmed(self):
        if not self.module.check_mode and self.journal()[1] == "up":
            self.close()

    def reverted(self):
        lines, state = self.journal()
        if lines is None:
            return
        self.result["changed"] = True
        if self.module.check_mode:
            return
        self.take_back()
        why = self.restart() or self.until_up(None)
        if why:
            raise Refused("everything was put back, but the daemon does not start with that: %s" % why)
        self.result["restarted"] = True

    def absent(self):
        lines, state = self.journal()
        record = self.record()
        if record is None and lines is None:
            return
        self.result["changed"] = True
        if self.module.check_mode:
            return
        recovered = state == "begun"
        if recovered:
            self.take_back()
            record = self.record()
        else:
            self.close()
        installed = record is not None and record["written"].get(self.certificate, "-") != "-"
        changes = []
        # daemon.json first: without it dockerd starts with its own flags again.
        for path in reversed(self.paths) if record else []:
            now, before = read(path), self.before(record, path)
            if not differs(before, now) or record["written"].get(path, "-") == "-":
                continue
            if now is not None and now.digest() == record["written"][path]:
                changes.append((path, before))
            elif path == DAEMON_JSON and now is not None:
                changes.append((path, self.without_ours(now, before, record)))
            elif now is None:
                changes.append((path, before))
            else:
                self.module.warn("%s was changed since, and stays" % path)
        self.result["changes"] = [path for path, entry in changes]
        if changes:
            self.apply(changes)
        if (changes and installed) or recovered:
            why = self.restart() or self.until_up(None)
            if why and changes:
                self.take_back()
                again = self.restart() or self.until_up(None)
                raise Refused("the daemon did not start: %s. Everything is as it was before the rollback%s" % (why, "; " + again if again else ""))
            if why:
                raise Refused("the daemon did not start: %s" % why)
            self.result["restarted"] = True
        self.close()
        if record is None:
            return
        os.unlink(RECORD)
        shutil.rmtree(STATE, ignore_errors=True)
        self.remove_folders(record["folders"])

    def without_ours(self, now, before, record):
        """daemon.json, which somebody changed since, with the old values of the keys that still have ours."""
        text = now.content.decode("utf-8", "surrogateescape")
        value = parse_json(text)
        old = parse_json(before.content.decode("utf-8", "surrogateescape")) if before else {}
        ours = dict(tlsverify=True, tlscacert=self.ca, tlscert=self.certificate, tlskey=self.key, hosts=record["hosts"])
        back = [(key, old.get(key)) for key in OUR_KEYS if key in value and value[key] == ours[key]]
        self.module.warn("%s was changed since: only %s became what it was" % (DAEMON_JSON, ", ".join(key for key, setting in back) or "nothing"))
        return Entry(with_settings(text, back).encode("utf-8", "surrogateescape"), now.mode, now.uid, now.gid)


def differs(wanted, found):
    return found is not None if wanted is None else not wanted.same(found)


def refuse_flags(path, variable, text):
    flags = parse_flags([unquote(word) for word in systemd_words(text)])
    if any(name in OWN_FLAGS or name == "config-file" and value != DAEMON_JSON for name, value, at, takes_next, joined in flags):
        raise Refused("%s: %s has flags that daemon.json is to have: take -H, --host, --config-file and --tls... out of it" % (path, variable))


def text_of(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def unit_settings(path):
    """The settings of the section Service of a unit's file."""
    section = ""
    lines = iter(text_of(path).splitlines())
    for line in lines:
        if re.match(r"\s*[#;]", line):
            continue
        while line.endswith("\\"):
            following = next(lines, "")
            while re.match(r"\s*[#;]", following):
                following = next(lines, "")
            line = line[:-1] + " " + following
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line:
            name, equals, value = line.partition("=")
            yield name.strip(), value.strip()


def shell_assignments(path):
    for line in text_of(path).replace("\\\n", " ").splitlines():
        found = re.match(r"\s*(?:export\s+)?(\w+)=(.*)$", line)
        if found:
            text = found.group(2).strip()
            quoted = re.match(r"""(["'])(.*)\1$""", text)
            yield found.group(1), quoted.group(2) if quoted else text


def genpkey(key_type):
    algorithm, colon, size = key_type.partition(":")
    if algorithm == "ec":
        curve = {"p256": "prime256v1", "p384": "secp384r1"}[size]
        return ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + curve, "-pkeyopt", "ec_param_enc:named_curve"]
    if algorithm == "rsa":
        return ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + size]
    return ["genpkey", "-algorithm", "ED25519"]


def csr_config(names):
    for name in names:
        if not re.match(r"(DNS|IP):[\w.:*-]+$", name):
            raise Refused("%s is no name of a host" % name)
    return "\n".join(
        ["[ req ]", "distinguished_name = subject", "prompt = no", "utf8 = yes", "string_mask = utf8only", "req_extensions = request"]
        + ["[ subject ]", "CN = " + names[0].partition(":")[2]]
        + ["[ request ]", "extendedKeyUsage = serverAuth", "subjectAltName = @names", "[ names ]"]
        + ["%s.%d = %s" % (name.partition(":")[0], number, name.partition(":")[2]) for number, name in enumerate(names, 1)]
        + [""]
    )


def normal(name):
    kind, colon, value = name.partition(":")
    try:
        return "IP:" + ipaddress.ip_address(value).compressed if kind == "IP" else name.lower()
    except ValueError:
        return name


def main():
    text = dict(type="str", default="")
    module = AnsibleModule(
        argument_spec=dict(
            state=dict(type="str", required=True, choices=["requested", "present", "confirmed", "reverted", "absent"]),
            names=dict(type="list", elements="str", default=[]),
            key_type=dict(type="str", default="rsa:4096", no_log=False),
            csr=text,
            certificate=text,
            ca=text,
            key=dict(type="str", default="", no_log=True),
            directory=dict(type="path", default="/etc/docker/tls"),
            listen=dict(type="str", default="0.0.0.0"),
            port=dict(type="int", default=2376),
            window=dict(type="dict", default={}),
            now=text,
            ignore_window=dict(type="bool", default=False),
            timeout=dict(type="int", default=60),
        ),
        supports_check_mode=True,
    )
    os.umask(0o077)
    host = None
    try:
        if os.geteuid() != 0:
            raise Refused("this needs root on the host: set docker_tls_become to true, or log in as root")
        host = Host(module)
        lock = os.open("/etc", os.O_RDONLY | os.O_DIRECTORY)
        deadline = time.monotonic() + 60
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise Refused("another run is at work on this host")
                time.sleep(0.2)
        getattr(host, module.params["state"])()
    except Refused as error:
        module.fail_json(msg=str(error), **(host.result if host else {}))
    except OSError as error:
        module.fail_json(msg="%s: %s" % (error.filename, error.strerror) if error.filename else str(error), **(host.result if host else {}))
    module.exit_json(**host.result)


if __name__ == "__main__":
    main()
