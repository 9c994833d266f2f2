import type { Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { shellWord } from '../../plan/command-line.js';
import { caFiles } from '../../set/layout.js';
import { lockName } from '../../store/lock.js';
import { keyBeside, type OtherFile } from '../../set/found.js';
import { spki, spkiOf } from '../../x509/spki.js';
import type { JudgedSet } from './judged-set.js';
import type { Flaw, VerifyRule } from './rule.js';

const backup = 'bring the right file back from a backup, or take it away and make it anew';
const anyCommand =
  'run any command that makes certificates there, such as the one that was stopped: it puts this in order';

/** What recipes, openssl and this program leave beside certificates. */
const usual =
  /\.(?:srl|csr|cnf|conf|ext)$|(?:^|\/)(?:(?:index\.txt|serial|crlnumber)(?:\.attr|\.old)*|endpoint\.json|installed\.json)$/;

/** Each kind of file by itself: what it holds, whose it is, and who can read or change it. */
export const fileRules: readonly VerifyRule[] = [
  {
    id: 'damaged',
    severity: 'error',
    what: 'it can be read neither as a certificate nor as a key',
    source: 'RFC 7468',
    find: ({ inventory }) =>
      inventory.others
        .filter((file) => file.kind === 'damaged' && !isOfAnotherKind(file))
        .map(({ path, why = '' }) => ({ file: path, reason: `it cannot be used: ${why}`, fix: backup })),
  },
  {
    id: 'stray-file',
    severity: 'notice',
    what: 'it belongs to no recipe and to no certificate',
    source: 'docs/files.md',
    find: ({ inventory, directory }) =>
      inventory.others.filter(isStray).map(({ path }) => ({ file: path, fix: away(directory, path) })),
  },
  {
    id: 'key-unused',
    severity: 'notice',
    what: 'this private key belongs to no certificate that is here',
    source: 'RFC 5280 §4.1.2.7',
    find: (set) => {
      const used = usedKeys(set);
      return set.inventory.keys
        .filter(({ path }) => !used.has(path) && !isBesideDamaged(path, set))
        .map(({ path }) => ({ file: path, fix: away(set.directory, path) }));
    },
  },
  {
    id: 'key-readable',
    severity: 'warning',
    what: 'others can read this private key, and whoever has it can pass for its owner',
    source: 'chmod(1); the mode that the tutorials give is 0400',
    find: (set) =>
      withOwners(set, ([path, { mode }]) =>
        (mode & 0o077) !== 0 && set.inventory.keys.some((key) => key.path === path)
          ? [
              {
                file: path,
                reason: `others can read this private key (mode ${octal(mode)}), and whoever has it can pass for its owner`,
                fix: `chmod 0400 ${shellWord(join(set.directory, path))}`,
              },
            ]
          : [],
      ),
  },
  {
    id: 'writable',
    severity: 'warning',
    what: 'others can change it',
    source: 'chmod(1); SECURITY.md: whoever can change the CA makes himself a client, and a client is root',
    find: (set) =>
      withOwners(set, ([path, { mode }]) =>
        (mode & 0o022) === 0
          ? []
          : [
              {
                file: path,
                reason: `others can change it (mode ${octal(mode)})`,
                fix: `chmod go-w ${shellWord(join(set.directory, path))}`,
              },
            ],
      ),
  },
  {
    id: 'owner',
    severity: 'warning',
    what: 'it belongs to another user than root and the one who runs this, who could change it',
    source: 'chown(1); SECURITY.md',
    find: (set) =>
      withOwners(set, ([path, { uid }]) =>
        uid === 0 || uid === set.user
          ? []
          : [
              {
                file: path,
                reason: `it belongs to another user (${uid}), who could change it`,
                fix: `chown "$(id -u)" ${shellWord(join(set.directory, path))}`,
              },
            ],
      ),
  },
  {
    id: 'unfinished-commit',
    severity: 'warning',
    what: 'a run was stopped while it put new files in their places: some are new, and some are old',
    source: 'docs/files.md',
    find: ({ leftBehind }) =>
      leftBehind.filter(({ decided }) => decided).map(({ path }) => ({ file: path, fix: anyCommand })),
  },
  {
    id: 'leftovers',
    severity: 'warning',
    what: 'a run that was stopped has left it, and there can be private keys in it',
    source: 'docs/files.md',
    find: ({ leftBehind }) =>
      leftBehind.filter(({ decided }) => !decided).map(({ path }) => ({ file: path, fix: anyCommand })),
  },
  {
    id: 'stale-lock',
    severity: 'warning',
    what: 'it is the lock of a run that was stopped',
    source: 'docs/files.md',
    find: ({ staleLock }) => (staleLock ? [{ file: lockName, fix: anyCommand }] : []),
  },
];

/** It is whole, and neither certificate nor key: a public key, a list of what was revoked. */
function isOfAnotherKind({ path, why = '' }: OtherFile): boolean {
  return (
    /^it holds (?:a public key|a revocation list|a key in OpenSSH's own form)$/.test(why) && !isNamed(path)
  );
}

/** By a name that certificates and keys have. */
function isNamed(path: string): boolean {
  return basename(path) === caFiles.certificate || /(?:^|-)(?:cert|key)\.pem$/.test(path);
}

function isStray(file: OtherFile): boolean {
  if (file.kind === 'damaged') return isOfAnotherKind(file);
  return file.kind === 'other' && !usual.test(file.path);
}

/** Those that lie where a certificate's would be, and those that have a certificate's public key. */
function usedKeys({ inventory }: JudgedSet): Set<string> {
  const { certificates, keys } = inventory;
  const used = new Set(certificates.flatMap((one) => keyBeside(one, inventory)?.path ?? []));
  const others = keys.filter(({ path }) => !used.has(path));
  if (others.length === 0) return used;
  const certified = new Set(certificates.map(({ certificate }) => spkiOf(certificate)));
  for (const { path, publicKey } of others) if (publicKey && certified.has(spki(publicKey))) used.add(path);
  return used;
}

/** The certificate of a key may be the one that is damaged. */
function isBesideDamaged(path: string, { inventory }: JudgedSet): boolean {
  return inventory.others.some((one) => one.kind === 'damaged' && dirname(one.path) === dirname(path));
}

/** What has neither owners nor modes has no such flaws. */
function withOwners(
  { inventory, user }: JudgedSet,
  find: (entry: readonly [path: string, stats: Stats]) => Flaw[],
): Flaw[] {
  return user === undefined ? [] : [...inventory.entries].flatMap(find);
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

function away(directory: string, path: string): string {
  return `look what it is for; if for nothing: rm ${shellWord(join(directory, path))}`;
}
