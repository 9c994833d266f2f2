import { shellWord } from '../shell/sh.js';
import type { Passphrase } from '../x509/passphrase.js';
import { passphrasesOf } from './command-line.js';
import type { OpensslStep, Plan } from './step.js';

/** A passphrase that a script needs. */
export interface ScriptPassphrase {
  /** The shell's variable for it. */
  readonly variable: string;
  /** The environment variable that names a file with it. */
  readonly file: string;
  /** The key that it opens, where that exists already: the script asks for it once, and not twice. */
  readonly opens: string | undefined;
}

const ofNewKey: ScriptPassphrase = { variable: 'passphrase', file: 'PASSPHRASE_FILE', opens: undefined };

/**
 * The passphrases of a plan: that of a new key, and that of an existing one, such as the key of a new CA's parent.
 * Throws TypeError for more of them, or two in one step.
 */
export function scriptPassphrases({ steps }: Plan): ReadonlyMap<Passphrase, ScriptPassphrase> {
  const found = new Map<Passphrase, ScriptPassphrase>();
  for (const step of steps) {
    if (step.kind !== 'openssl') continue;
    const [secret, ...more] = passphrasesOf(step);
    if (secret === undefined || found.has(secret)) continue;
    const isNew = step.args.includes('-passout') || step.args.includes('-pass');
    const one = isNew
      ? ofNewKey
      : { variable: 'parent_passphrase', file: 'PARENT_PASSPHRASE_FILE', opens: keyIn(step) };
    if (more.length > 0 || [...found.values()].some(({ variable }) => variable === one.variable))
      throw new TypeError('a script can ask for one passphrase of a new key and one of an existing key only');
    found.set(secret, one);
  }
  return found;
}

function keyIn({ args }: OpensslStep): string {
  const at = args.findIndex((arg) => arg === '-CAkey' || arg === '-key');
  const key = args[at + 1];
  return typeof key === 'object' && 'reads' in key ? key.reads : '';
}

/** The lines that read all of them. */
export function askingLines(passphrases: readonly ScriptPassphrase[]): string[] {
  if (passphrases.length === 0) return [];
  return [
    '# Variables that the caller has exported would stay so, and other users see the words of a printf that is a program.',
    `unset ${passphrases.map(({ variable }) => variable).join(' ')} again`,
    `[ "$(command -v printf)" = printf ] || fail 'this shell has no printf of its own: use another one'`,
    ...passphrases.flatMap(readingLines),
  ];
}

function readingLines({ variable, file, opens }: ScriptPassphrase): string[] {
  const whose = opens === undefined ? 'the passphrase' : `the passphrase of ${opens}`;
  return [
    `if [ -n "\${${file}:-}" ]; then`,
    `  [ -r "$${file}" ] || fail "cannot read the passphrase from $${file}"`,
    '  {',
    `    IFS= read -r ${variable} || [ -n "$${variable}" ] || fail "$${file} is empty"`,
    `    if IFS= read -r again || [ -n "$again" ]; then fail "$${file} holds more than one line"; fi`,
    `  } < "$${file}"`,
    `  ${variable}=\${${variable}%"$(printf '\\r')"}`,
    'else',
    `  [ -t 0 ] || fail ${shellWord(`no terminal to ask for ${whose}: name a file with it in ${file}`)}`,
    "  trap 'stty echo' EXIT",
    '  stty -echo',
    opens === undefined
      ? "  printf 'New passphrase: ' >&2"
      : `  printf '%s' ${shellWord(`Passphrase of ${opens}: `)} >&2`,
    `  IFS= read -r ${variable}`,
    ...(opens === undefined ? ["  printf '\\nRepeat passphrase: ' >&2", '  IFS= read -r again'] : []),
    '  stty echo',
    '  trap - EXIT',
    "  printf '\\n' >&2",
    ...(opens === undefined ? [`  [ "$${variable}" = "$again" ] || fail 'passphrases do not match'`] : []),
    'fi',
    `length=$(printf '%s' "$${variable}" | wc -c)`,
    '{ [ "$length" -ge 4 ] && [ "$length" -le 1023 ]; } || fail \'a passphrase is one line of 4 to 1023 bytes\'',
  ];
}
