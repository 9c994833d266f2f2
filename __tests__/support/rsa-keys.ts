import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOpenssl } from '../../lib/index.js';
import { madeOnceFolder } from './made-once.js';
import { useSharedDirectory } from './temporary-directory.js';

const maker = fileURLToPath(new URL('make-rsa-key.js', import.meta.url));

/** A key that a set has already is refused: more than any set has, and a prime, so that sets do not come round to their own. */
const KEYS = 31;

/** Which keys are not made anew: the pattern of the shell for `COMMAND-BITS`, and for the word that follows. */
const kinds = {
  all: { keys: 'genrsa-2048 | genrsa-4096', next: '*' },
  '4096 bits, not encrypted': { keys: 'genrsa-4096', next: '-out*' },
} as const;

/**
 * Gives the tests of a file an openssl whose `genrsa` hands out keys that were made once for the whole run, each in its
 * turn: for tests about anything but how a key is made. All other commands are those of the real openssl. Call it before
 * anything looks for openssl: `await useMadeRsaKeys();`.
 */
export async function useMadeRsaKeys(kind: keyof typeof kinds = 'all'): Promise<void> {
  const { path: real } = await findOpenssl();
  const own = useSharedDirectory()();
  const keys = madeOnceFolder('keys');
  const path = join(own, 'openssl');
  writeFileSync(path, script(kinds[kind], real, own, keys), { mode: 0o755 });
  process.env['OPENSSL_BIN'] = path;
}

function script(kind: (typeof kinds)[keyof typeof kinds], real: string, own: string, keys: string): string {
  return `#!/bin/sh
for bits do :; done
case $1-$bits in ${kind.keys}) ;; *) exec '${real}' "$@" ;; esac
case $2 in ${kind.next}) ;; *) exec '${real}' "$@" ;; esac
# All but the first and the last word.
shift
left=$#
for word do
  shift
  left=$((left - 1))
  [ "$left" = 0 ] || set -- "$@" "$word"
done
exec 9>> '${own}/lock'
flock 9
turn=0
[ ! -e '${own}/turn' ] || read -r turn < '${own}/turn'
turn=$(((turn + 1) % ${KEYS}))
echo "$turn" > '${own}/turn'
exec 9>&-
key='${keys}'/$bits-$turn.pem
[ -e "$key" ] || '${process.execPath}' '${maker}' "$bits" "$turn" '${keys}' || exit 1
exec '${real}' rsa -in "$key" "$@"
`;
}
