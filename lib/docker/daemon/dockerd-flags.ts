/** The flags of dockerd, 17.03 to 28, as spf13/pflag reads them. */

/** Flags without a value: `--tls`, `--tls=false`, never `--tls false`. */
export const booleanFlags: ReadonlySet<string> = new Set(
  `allow-direct-routing cri-containerd debug disable-legacy-registry experimental help icc init ip-forward
  ip-forward-no-drop ip-masq ip6tables iptables ipv6 live-restore no-new-privileges raw-logs rootless selinux-enabled tls
  tlsverify userland-proxy validate version`.split(/\s+/),
);

/** Flags that take the next word, even one that starts with a dash. */
export const valueFlags: ReadonlySet<string> = new Set(
  `add-runtime allow-nondistributable-artifacts api-cors-header authorization-plugin bip bip6 bridge bridge-accept-fwmark
  cdi-spec-dir cgroup-parent cluster-advertise cluster-store cluster-store-opt config-file containerd containerd-namespace
  containerd-plugins-namespace cpu-rt-period cpu-rt-runtime data-root default-address-pool default-cgroupns-mode
  default-gateway default-gateway-v6 default-ipc-mode default-network-opt default-runtime default-shm-size default-ulimit dns
  dns-opt dns-search exec-opt exec-root feature firewall-backend fixed-cidr fixed-cidr-v6 graph group host host-gateway-ip
  http-proxy https-proxy init-path insecure-registry ip label log-driver log-format log-level log-opt
  max-concurrent-downloads max-concurrent-uploads max-download-attempts metrics-addr min-api-version mtu
  network-control-plane-mtu network-diagnostic-port no-proxy node-generic-resource oom-score-adjust pidfile registry-mirror
  seccomp-profile shutdown-timeout storage-driver storage-opt swarm-default-advertise-addr tlscacert tlscert tlskey
  userland-proxy-path userns-remap`.split(/\s+/),
);

/** Short flags; the one-letter flags of booleans can be joined with others: `-DH fd://`. */
export const shortFlags: Readonly<Record<string, string>> = {
  ...{ b: 'bridge', D: 'debug', g: 'graph', G: 'group', H: 'host', l: 'log-level' },
  ...{ p: 'pidfile', s: 'storage-driver', v: 'version' },
};

/** A flag as it stands in a list of words. */
export interface ParsedFlag {
  /** Its long name. */
  readonly name: string;
  /** Undefined for a boolean flag alone. */
  readonly value: string | undefined;
  /** The word that it stands in, and whether its value is the word after that. */
  readonly at: number;
  readonly takesNext: boolean;
  /** The short flags before it in the same word. */
  readonly joined: string;
}

/** Finds the flags in the words after `dockerd`. */
export function parseFlags(words: readonly string[]): ParsedFlag[] {
  const found: ParsedFlag[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') break;
    const flags = word.startsWith('--') ? [longFlag(words, at)] : shortFlagsOf(words, at);
    found.push(...flags);
    if (flags.at(-1)?.takesNext === true) at++;
  }
  return found;
}

function longFlag(words: readonly string[], at: number): ParsedFlag {
  const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(words[at] ?? '') ?? [];
  const next = words[at + 1];
  // Of a flag that is not known, a value is what does not look like a flag.
  const takesNext =
    value === undefined &&
    !booleanFlags.has(name) &&
    next !== undefined &&
    (valueFlags.has(name) || !next.startsWith('-'));
  return { name, value: takesNext ? next : value, at, takesNext, joined: '' };
}

function shortFlagsOf(words: readonly string[], at: number): ParsedFlag[] {
  const letters = words[at] ?? '';
  const found: ParsedFlag[] = [];
  if (!letters.startsWith('-') || letters.length < 2) return [];
  for (let place = 1; place < letters.length; place++) {
    const letter = letters[place] ?? '';
    const name = shortFlags[letter] ?? letter;
    const rest = letters.slice(place + 1);
    const flag = { name, at, joined: letters.slice(1, place), takesNext: false };
    if (rest.startsWith('=')) return [...found, { ...flag, value: rest.slice(1) }];
    if (valueFlags.has(name)) {
      if (rest !== '') return [...found, { ...flag, value: rest }];
      return [...found, { ...flag, value: words[at + 1], takesNext: at + 1 < words.length }];
    }
    found.push({ ...flag, value: undefined });
  }
  return found;
}

/** The flags that install sets in daemon.json: dockerd refuses to start with both. */
export const ownFlags: ReadonlySet<string> = new Set([
  ...['host', 'tls', 'tlsverify', 'tlscacert', 'tlscert', 'tlskey'],
]);
