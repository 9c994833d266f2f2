import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { planLines } from '../../lib/plan/command-line.js';
import { script } from '../../lib/plan/script.js';
import type { Note, Plan, Step } from '../../lib/plan/step.js';
import { genrsaStep } from '../../lib/steps/genrsa.js';
import { rsaStep } from '../../lib/steps/rsa.js';
import { Passphrase } from '../../lib/x509/passphrase.js';

const secret = Passphrase.of('correct horse');

function planOf(steps: readonly Step[], others: Partial<Plan> = {}): Plan {
  return { recipe: 'tiny', steps, replaces: [], notes: [], departures: [], ...others };
}

const tiny: readonly Step[] = [
  genrsaStep({ out: 'key.pem', bits: 2048, passout: secret }),
  { kind: 'echo', path: 'a note', text: "it's a note", append: false },
  {
    kind: 'check',
    certificate: 'ca.pem',
    key: 'key.pem',
    issuer: 'ca.pem',
    role: 'ca',
    altNames: [],
    passphrase: secret,
  },
  { kind: 'set-mode', mode: 0o400, paths: ['key.pem'], verbose: true },
  { kind: 'echo', path: 'scrap', text: 'scrap', append: true },
  { kind: 'remove', paths: ['scrap'], verbose: true },
];

const config = readFileSync(new URL('../../templates/openssl.cnf', import.meta.url), 'utf8').trimEnd();

/** The lines of the plan: after the environment, up to the paragraph that ends the work. */
function body(text: string): string[] {
  const [, lines = ''] = /\nexport OPENSSL_CONF[^\n]*\n\n([^]*?)\n\n# The modes are these/.exec(text) ?? [];
  return lines.split('\n');
}

/** The words of the program, without what is a comment to a shell. */
function commands(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the script of a plan', () => {
  test('is its lines, one by one, as POSIX has them and with the passphrase on descriptor 3', async () => {
    expect(body(await script(planOf(tiny)))).toEqual([
      `printf '%s\\n' "$passphrase" | openssl genrsa -aes256 -passout fd:3 -out key.pem 2048 3<&0 < /dev/null`,
      `echo 'it'\\''s' a note > 'a note'`,
      'chmod 0400 key.pem',
      'echo scrap >> scrap',
      'rm scrap',
    ]);
  });

  test('has every line of the plan, in its order', async () => {
    const steps: Step[] = [
      { kind: 'make-directory', path: 'a b' },
      { kind: 'write-file', path: 'a b/x.cnf', content: 'EOF\n$HOME\n' },
      genrsaStep({ out: 'key.pem', bits: 2048 }),
      { kind: 'copy-file', from: 'key.pem', to: 'a b/key.pem' },
      { kind: 'set-mode', mode: 0o400, paths: ['key.pem'] },
    ];
    expect(body(await script(planOf(steps))).join('\n')).toBe(planLines({ steps }).join('\n'));
  });

  test('is all of this', async () => {
    expect(await script(planOf(tiny))).toBe(String.raw`#!/bin/sh
# The recipe tiny of docker-tls-openssl.
#
#     sh SCRIPT [DIRECTORY]
#
# makes its files in DIRECTORY (docker-tls), which must not exist yet. Run it once: another set needs another script.
# The passphrase is asked for at the terminal, or read from the file that PASSPHRASE_FILE names.

set -eu
umask 077
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 131' QUIT
trap 'exit 143' TERM

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}
directory=${'$'}{1:-docker-tls}
case $directory in
  /*) ;;
  *) directory=$PWD/$directory ;;
esac
while [ "$directory" != "${'$'}{directory%/}" ]; do directory=${'$'}{directory%/}; done
[ -n "$directory" ] || fail 'the root directory cannot be replaced'
[ -d "${'$'}{directory%/*}/" ] || fail "there is no directory ${'$'}{directory%/*}/: make it first"
{ [ ! -e "$directory" ] && [ ! -h "$directory" ]; } || fail "$directory already exists: nothing was changed"

# Variables that the caller has exported would stay so, and other users see the words of a printf that is a program.
unset passphrase again
[ "$(command -v printf)" = printf ] || fail 'this shell has no printf of its own: use another one'
if [ -n "${'$'}{PASSPHRASE_FILE:-}" ]; then
  [ -r "$PASSPHRASE_FILE" ] || fail "cannot read the passphrase from $PASSPHRASE_FILE"
  {
    IFS= read -r passphrase || [ -n "$passphrase" ] || fail "$PASSPHRASE_FILE is empty"
    if IFS= read -r again || [ -n "$again" ]; then fail "$PASSPHRASE_FILE holds more than one line"; fi
  } < "$PASSPHRASE_FILE"
  passphrase=${'$'}{passphrase%"$(printf '\r')"}
else
  [ -t 0 ] || fail 'no terminal to ask for the passphrase: name a file with it in PASSPHRASE_FILE'
  trap 'stty echo' EXIT
  stty -echo
  printf 'New passphrase: ' >&2
  IFS= read -r passphrase
  printf '\nRepeat passphrase: ' >&2
  IFS= read -r again
  stty echo
  trap - EXIT
  printf '\n' >&2
  [ "$passphrase" = "$again" ] || fail 'passphrases do not match'
fi
length=$(printf '%s' "$passphrase" | wc -c)
{ [ "$length" -ge 4 ] && [ "$length" -le 1023 ]; } || fail 'a passphrase is one line of 4 to 1023 bytes'

# All of it is made beside the directory, and becomes the directory in the end.
work=$directory.unfinished
[ ! -e "$work" ] || fail "$work is left of another run: remove it"
mkdir -m 0700 "$work"
leave() {
  status=$?
  if [ "$status" -ne 0 ] && [ "$(df -P "$work" | sed -n '$s/.* \([0-9][0-9]*\)  *[0-9][0-9]*%.*/\1/p')" = 0 ]; then
    printf 'the disk is full: nothing was changed\n' >&2
  fi
  rm -rf "$work"
}
trap leave EXIT
cd "$work"

# The configuration under which the commands give the same result on every machine.
cat > .openssl.cnf <<'EOF'
${config}
EOF
OPENSSL_CONF=$work/.openssl.cnf SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null
export OPENSSL_CONF SSL_CERT_FILE SSL_CERT_DIR

printf '%s\n' "$passphrase" | openssl genrsa -aes256 -passout fd:3 -out key.pem 2048 3<&0 < /dev/null
echo 'it'\''s' a note > 'a note'
chmod 0400 key.pem
echo scrap >> scrap
rm scrap

# The modes are these whatever openssl, the umask or an ACL made of them.
chmod 0400 key.pem
chmod 0644 'a note'
# On a full disk openssl reports success and leaves an empty file.
for file in key.pem 'a note'; do
  [ -s "$file" ] || fail "$file is empty: is the disk full? Nothing was changed"
done
rm .openssl.cnf
{ [ ! -e "$directory" ] && [ ! -h "$directory" ]; } || fail "$directory already exists: nothing was changed"
mv "$work" "$directory"
[ ! -e "$directory/${'$'}{work##*/}" ] || { work=$directory/${'$'}{work##*/}; fail "$directory already exists: nothing was changed"; }
trap - EXIT
printf 'made in %s: %s\n' "$directory" 'key.pem a note'
`);
  });

  test('begins with what it is', async () => {
    const notes: Note[] = [{ code: 'DEPARTS', text: 'mind this' }];
    const departures = ['it has more', 'it has less'];
    const text = await script(planOf(tiny, { notes, departures }));
    expect(text.split('\n\n')[0]).toBe(
      [
        '#!/bin/sh',
        '# The recipe tiny of docker-tls-openssl, departing from its text: it has more; it has less.',
        '#',
        '#     sh SCRIPT [DIRECTORY]',
        '#',
        '# makes its files in DIRECTORY (docker-tls), which must not exist yet. Run it once: another set needs another script.',
        '# The passphrase is asked for at the terminal, or read from the file that PASSPHRASE_FILE names.',
        '# Note: mind this',
      ].join('\n'),
    );
  });

  test('sets the mode of every file', async () => {
    const steps: Step[] = [
      { kind: 'echo', path: 'public', text: 'x', append: false },
      { kind: 'echo', path: 'set', text: 'x', append: false },
      genrsaStep({ out: 'key.pem', bits: 2048 }),
      { kind: 'set-mode', mode: 0o600, paths: ['set'] },
    ];
    expect((await script(planOf(steps))).match(/^chmod .*$/gm)).toEqual([
      'chmod 0600 set',
      'chmod 0600 set key.pem',
      'chmod 0644 public',
    ]);
  });

  test('says nothing of a passphrase where there is none', async () => {
    const steps = [genrsaStep({ out: 'key.pem', bits: 2048 })];
    expect(await script(planOf(steps))).not.toMatch(/passphrase/i);
  });

  test('holds no secret', async () => {
    expect(await script(planOf(tiny))).not.toContain('horse');
  });

  test('is the same each time', async () => {
    expect(await script(planOf(tiny))).toBe(await script(planOf(tiny)));
  });

  test('ends with a line end, and has no blank at the end of a line and no tab', async () => {
    const text = await script(planOf(tiny));
    expect(text).toMatch(/[^\n]\n$/);
    expect(text).not.toMatch(/[ \t]$|\t/m);
  });

  test('is one that a shell can read', async () => {
    const text = await script(planOf(tiny));
    expect(() => execFileSync('/bin/sh', ['-n'], { input: text })).not.toThrow();
    expect(() => execFileSync('/bin/sh', ['-n'], { input: `${text}(`, stdio: 'pipe' })).toThrow();
  });
});

describe('more than one passphrase', () => {
  const of = (one: Passphrase, other: Passphrase): Step[] => [
    genrsaStep({ out: 'a.pem', bits: 2048, passout: one }),
    genrsaStep({ out: 'b.pem', bits: 2048, passout: other }),
  ];

  test('is refused', async () => {
    const steps = of(secret, Passphrase.of('battery staple'));
    await expect(script(planOf(steps))).rejects.toThrow(
      new TypeError('a script can ask for one passphrase of a new key and one of an existing key only'),
    );
  });

  test('is refused where nobody knows whether they are the same', async () => {
    const steps = of(Passphrase.unknown(), Passphrase.unknown());
    await expect(script(planOf(steps))).rejects.toThrow(TypeError);
  });

  test('of one command are refused, even where they are the same', async () => {
    const steps = [rsaStep({ in: 'a.pem', out: 'b.pem', passin: secret, passout: secret })];
    await expect(script(planOf(steps))).rejects.toThrow(TypeError);
  });
});

describe('a comment cannot be left by', () => {
  const plain = script(planOf(tiny)).then(commands);
  const evil = ['\ntouch pwned', '\r\ntouch pwned', '\rtouch pwned', '\0\ntouch pwned', '\v\ntouch pwned'];

  test.each(evil)('%j in a note', async (text) => {
    const notes: Note[] = [{ code: 'DEPARTS', text: `a note${text}` }];
    expect(commands(await script(planOf(tiny, { notes })))).toEqual(await plain);
  });

  test.each(evil)('%j in a departure', async (text) => {
    expect(commands(await script(planOf(tiny, { departures: [`more${text}`] })))).toEqual(await plain);
  });

  test.each(evil)('%j in the name of the recipe', async (text) => {
    expect(commands(await script(planOf(tiny, { recipe: `tiny${text}` })))).toEqual(await plain);
  });

  // A path with a NUL is none.
  test.each(evil.filter((text) => !text.includes('\0')))('%j in the directory', async (text) => {
    const written = await script(planOf(tiny), { directory: `place${text}` });
    const header = written.split('\n\n')[0]!;
    expect(commands(header)).toEqual([]);
    expect(header.split('\n')).toHaveLength(
      (await script(planOf(tiny))).split('\n\n')[0]!.split('\n').length,
    );
  });
});

describe('a directory as its default', () => {
  /** What the script takes for its directory, told by a shell. */
  async function taken(directory: string, ...args: string[]): Promise<string> {
    const text = await script(planOf(tiny), { directory });
    const end = text.indexOf('{ [ ! -e "$directory" ]');
    expect(end).toBeGreaterThan(0);
    const told = `${text.slice(0, end)}\nprintf '%s' "$directory"\n`;
    return execFileSync('/bin/sh', ['-c', told, 'sh', ...args], { encoding: 'utf8', cwd: '/usr' });
  }

  test.each([
    ['plain', '/usr/plain'],
    ['/var/one', '/var/one'],
    ['/var/one//', '/var/one'],
    ["a'b c", "/usr/a'b c"],
    ['$(echo x)', '/usr/$(echo x)'],
    ['`echo x`', '/usr/`echo x`'],
    ['$HOME', '/usr/$HOME'],
    ['~', '/usr/~'],
    ['"quoted"', '/usr/"quoted"'],
    ['a}b', '/usr/a}b'],
    ['a\\b', '/usr/a\\b'],
    ['a*', '/usr/a*'],
    ['-p', '/usr/-p'],
    ['a\nb', '/usr/a\nb'],
  ])('%j is %j', async (directory, expected) => {
    expect(await taken(directory)).toBe(expected);
  });

  test('gives way to the argument', async () => {
    expect(await taken('default', "an 'argument'}")).toBe("/usr/an 'argument'}");
  });
});

describe('the name of a file cannot be run', () => {
  test.each(['$(touch pwned)', '`touch pwned`', '"; touch pwned; "', "a'b", '*', '%s'])(
    '%j',
    async (path) => {
      const steps: Step[] = [{ kind: 'echo', path, text: 'x', append: false }];
      const written = await script(planOf(steps));
      const ending = written.trimEnd().split('\n').at(-1)!;
      const told = execFileSync('/bin/sh', ['-c', `directory=/d; touch() { echo RAN; }; ${ending}`], {
        encoding: 'utf8',
        cwd: '/usr',
      });
      expect(told).toContain('made in /d: ');
      expect(told).not.toContain('RAN');
      expect(told).toContain(path);
    },
  );
});
