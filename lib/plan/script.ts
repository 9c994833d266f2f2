import { InputError } from '../errors.js';
import { givenPath } from '../given.js';
import { call, words } from '../words.js';
import { noTrust, ownConfigLines } from '../openssl/config.js';
import { hereDocument, shellComment, shellWord } from '../shell/sh.js';
import { commandLine, passphrasesOf, stepLines } from './command-line.js';
import { artifactsOf } from './schedule.js';
import { askingLines, scriptPassphrases, type ScriptPassphrase } from './script-passphrase.js';
import type { OpensslStep, Plan, Step } from './step.js';
import { usesToken } from './token-access.js';

export interface ScriptOptions {
  /** Where the script makes the files unless it is told another place. Default: `docker-tls`. */
  readonly directory?: string | undefined;
}

/** In the workspace of the script, while it runs. */
const CONFIG = '.openssl.cnf';

/**
 * Turns a plan for an empty directory into a POSIX shell script that needs `sh`, the utilities of POSIX and `openssl`: the same commands
 * under the same configuration. The script makes all of the files or none, never overwrites, and gives openssl the passphrase on a
 * descriptor, as `execute` does. It asks for the passphrase, or reads it from the file in PASSPHRASE_FILE; that of a new CA's parent
 * from the file in PARENT_PASSPHRASE_FILE.
 *
 * @throws `ERR_INPUT`: the path of the directory cannot be used, or the CA's key is in a token.
 * @throws TypeError: the plan has more than one passphrase of a new key, or of an existing one (`Passphrase` objects).
 * @example
 * ```ts
 * import { previewIssue, script } from 'docker-tls-openssl';
 *
 * const parts = ['ca', 'server', 'client'] as const;
 * const { plan } = await previewIssue(parts, { hosts: ['docker.example.com'] }, { fresh: true });
 * console.log(await script(plan, { directory: '/srv/docker-tls' }));
 * ```
 */
export async function script(
  plan: Plan,
  { directory: asked = 'docker-tls' }: ScriptOptions = {},
): Promise<string> {
  const directory = givenPath(asked, 'directory');
  const config = await ownConfigLines();
  if (usesToken(plan))
    throw new InputError('caKey', 'a script cannot use a key in a token', {
      hint: words`leave it out, or create the set itself with \`${call('all')}\``,
    });
  const secrets = scriptPassphrases(plan);
  const passphrases = [...secrets.values()];
  const paragraphs = [
    header(plan, directory, passphrases),
    [
      'set -eu',
      'umask 077',
      "trap 'exit 129' HUP",
      "trap 'exit 130' INT",
      "trap 'exit 131' QUIT",
      "trap 'exit 143' TERM",
    ],
    place(directory),
    ...(passphrases.length > 0 ? [askingLines(passphrases)] : []),
    workspace,
    [
      '# The configuration under which the commands give the same result on every machine.',
      ...hereDocument(CONFIG, config),
      `OPENSSL_CONF=$work/${CONFIG} ${Object.entries(noTrust)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')}`,
      `export OPENSSL_CONF ${Object.keys(noTrust).join(' ')}`,
    ],
    plan.steps.flatMap((step) => lines(step, secrets)),
    ending(plan),
  ];
  return `${paragraphs.map((paragraph) => paragraph.join('\n')).join('\n\n')}\n`;
}

function header(plan: Plan, directory: string, asked: readonly ScriptPassphrase[]): string[] {
  return [
    '#!/bin/sh',
    `# The recipe ${shellComment(plan.recipe)} of docker-tls-openssl${plan.departures.length > 0 ? `, departing from its text: ${shellComment(plan.departures.join('; '))}` : ''}.`,
    '#',
    '#     sh SCRIPT [DIRECTORY]',
    '#',
    `# makes its files in DIRECTORY (${shellComment(directory)}), which must not exist yet. Run it once: another set needs another script.`,
    ...asked.map(
      ({ file, opens }) =>
        `# The passphrase ${opens === undefined ? '' : `of ${shellComment(opens)} `}is asked for at the terminal, or read from the file that ${file} names.`,
    ),
    ...plan.notes.map(({ text }) => `# Note: ${shellComment(text)}`),
  ];
}

/** A link that leads nowhere is there, too. */
const free =
  '{ [ ! -e "$directory" ] && [ ! -h "$directory" ]; } || fail "$directory already exists: nothing was changed"';

function place(directory: string): string[] {
  return [
    'fail() {',
    `  printf '%s\\n' "$1" >&2`,
    '  exit 1',
    '}',
    `directory=\${1:-${shellWord(directory)}}`,
    'case $directory in',
    '  /*) ;;',
    '  *) directory=$PWD/$directory ;;',
    'esac',
    'while [ "$directory" != "${directory%/}" ]; do directory=${directory%/}; done',
    `[ -n "$directory" ] || fail 'the root directory cannot be replaced'`,
    '[ -d "${directory%/*}/" ] || fail "there is no directory ${directory%/*}/: make it first"',
    free,
  ];
}

const workspace: readonly string[] = [
  '# All of it is made beside the directory, and becomes the directory in the end.',
  'work=$directory.unfinished',
  '[ ! -e "$work" ] || fail "$work is left of another run: remove it"',
  'mkdir -m 0700 "$work"', // also where a default ACL overrides the umask
  'leave() {',
  '  status=$?',
  `  if [ "$status" -ne 0 ] && [ "$(df -P "$work" | sed -n '$s/.* \\([0-9][0-9]*\\)  *[0-9][0-9]*%.*/\\1/p')" = 0 ]; then`,
  `    printf 'the disk is full: nothing was changed\\n' >&2`,
  '  fi',
  '  rm -rf "$work"',
  '}',
  'trap leave EXIT',
  'cd "$work"',
];

type ScriptPassphrases = ReturnType<typeof scriptPassphrases>;

/** As the plan has it; what a check of ours reads back has no line of shell. */
function lines(step: Step, secrets: ScriptPassphrases): string[] {
  switch (step.kind) {
    case 'openssl':
      return [opensslLine(step, secrets)];
    case 'check':
    case 'check-signed':
    case 'check-key':
    case 'check-crl':
    case 'record':
      return [];
    case 'remove':
    case 'set-mode':
      return stepLines({ ...step, verbose: false }); // -v is not of POSIX
    default:
      return stepLines(step);
  }
}

/** printf is built into the shell, so the passphrase is in no command line. */
function opensslLine(step: OpensslStep, secrets: ScriptPassphrases): string {
  const line = commandLine(step);
  const [secret] = passphrasesOf(step);
  const variable = secret && secrets.get(secret)?.variable;
  return variable === undefined ? line : `printf '%s\\n' "$${variable}" | ${line} 3<&0 < /dev/null`;
}

function ending(plan: Plan): string[] {
  const artifacts = artifactsOf(plan);
  const files = artifacts.map(({ path }) => shellWord(path)).join(' ');
  return [
    '# The modes are these whatever openssl, the umask or an ACL made of them.',
    ...[...new Set(artifacts.map(({ mode }) => mode))].sort().map((mode) => {
      const paths = artifacts.filter((artifact) => artifact.mode === mode).map(({ path }) => shellWord(path));
      return `chmod 0${mode.toString(8)} ${paths.join(' ')}`;
    }),
    '# On a full disk openssl reports success and leaves an empty file.',
    `for file in ${files}; do`,
    '  [ -s "$file" ] || fail "$file is empty: is the disk full? Nothing was changed"',
    'done',
    `rm ${CONFIG}`,
    free,
    'mv "$work" "$directory"',
    // A directory that came into being just now: it would be inside.
    '[ ! -e "$directory/${work##*/}" ] || { work=$directory/${work##*/}; fail "$directory already exists: nothing was changed"; }',
    'trap - EXIT',
    `printf 'made in %s: %s\\n' "$directory" ${shellWord(artifacts.map(({ path }) => path).join(' '))}`,
  ];
}
