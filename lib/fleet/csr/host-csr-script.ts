import { loadTemplates, render } from '../../recipes/templates.js';
import { namesView } from '../../recipes/recommended.js';
import { serverCommonName } from '../../issue/wanted-leaf.js';
import { daemonFiles } from '../../docker/daemon/daemon-settings.js';
import { shellWord } from '../../shell/sh.js';
import type { AltName } from '../../x509/alt-names.js';
import type { KeyType } from '../../x509/key-type.js';
import { rdn } from '../../x509/subject.js';

/** What a host makes a key and a CSR for. */
export interface HostCsrRequest {
  readonly names: readonly AltName[];
  /** The type of its key, where it has none. */
  readonly key: KeyType;
  /** Where the daemon's files lie on the host, absolute. */
  readonly to: string;
}

/** How a script ends the text that it gives to openssl. No line of a configuration is like it. */
const END = 'END-OF-CONFIGURATION';

/**
 * A POSIX script that prints the CSR of a host. A key that is there is used, and stays; where there is none it makes one, mode 0400,
 * that is never seen half-written and never leaves the host. It writes nothing else.
 */
export async function hostCsrScript({ names, key, to }: HostCsrRequest): Promise<string> {
  const { templates } = await loadTemplates('recommended', ['csr.cnf']);
  const subject = [rdn('CN', serverCommonName(names))];
  const view = { ...namesView(subject, names), usage: 'serverAuth', hasNames: true };
  const config = render('csr.cnf', templates['csr.cnf'], view);
  return `set -eu
umask 077
fail() { printf '%s\\n' "$*" >&2; exit 3; }
command -v openssl >/dev/null || fail 'there is no openssl on this host'
directory=${shellWord(to)}
key=$directory/${daemonFiles.key}
for path in "$directory" "$key"; do
  if [ -h "$path" ]; then fail "$path is a symbolic link"; fi
done
if [ ! -e "$key" ]; then
  mkdir -p "$directory"
  new=$(mktemp "$directory/.new-key.XXXXXX")
  trap 'rm -f "$new"' EXIT
  openssl genpkey ${keyArguments(key).map(shellWord).join(' ')} >"$new" 2>/dev/null ||
    fail 'openssl made no key'
  chmod 400 "$new"
  ln "$new" "$key" 2>/dev/null || [ -s "$key" ] || fail "cannot write $key"
  rm -f "$new"
fi
openssl req -new -sha256 -config /dev/stdin -key "$key" -passin pass: <<'${END}'
${config.trimEnd()}
${END}
`;
}

function keyArguments(key: KeyType): string[] {
  switch (key.algorithm) {
    case 'rsa':
      return ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${key.bits}`];
    case 'ec':
      return [
        ...[
          '-algorithm',
          'EC',
          '-pkeyopt',
          `ec_paramgen_curve:${key.curve === 'prime256v1' ? 'P-256' : 'P-384'}`,
        ],
        ...['-pkeyopt', 'ec_param_enc:named_curve'],
      ];
    case 'ed25519':
      return ['-algorithm', 'ED25519'];
  }
}

/** Where `install daemon` puts the daemon's files. */
export const usualDaemonDirectory = '/etc/docker/tls';
