import type { Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { shellWord } from '../../shell/sh.js';
import { crlFilesOf } from '../../set/crl-files.js';
import { indexFiles } from '../../set/issued/read.js';
import { call, words } from '../../words.js';
import { keyName } from '../../x509/key-ref.js';
import { allCaFiles } from '../../set/layout.js';
import { lockName } from '../../store/lock.js';
import { keyBeside, type OtherFile } from '../../set/found.js';
import { spki, spkiOf } from '../../x509/spki.js';
import type { JudgedSet } from './judged-set.js';
import type { Flaw, VerifyRule } from './rule.js';

const backup = 'restore the file from a backup';
const anyCommand =
  'run any command that creates certificates there, such as the one that was interrupted: it cleans this up';

/** Files that recipes, openssl and this program leave beside certificates. */
const usual =
  /\.(?:srl|csr|cnf|conf|ext)$|(?:^|\/)(?:(?:index\.txt|serial|crlnumber)(?:\.attr|\.old)*|endpoint\.json|installed\.json)$/;

/** Rules about single files: their contents, owners and modes. */
export const fileRules: readonly VerifyRule[] = [
  {
    id: 'damaged',
    severity: 'error',
    what: 'it cannot be read as a certificate or a key',
    source: 'RFC 7468',
    find: ({ inventory }) =>
      inventory.others
        .filter((file) => file.kind === 'damaged' && !isOfAnotherKind(file))
        .map(({ path, why = '', hint = backup }) => ({
          file: path,
          reason: `it cannot be used: ${why}`,
          fix: hint,
        })),
  },
  {
    id: 'stray-file',
    severity: 'notice',
    what: 'it belongs to no recipe and to no certificate',
    source: 'docs/files.md',
    find: ({ inventory }) =>
      inventory.others.filter(isStray).map(({ path }) => ({
        file: path,
        fix: 'check what it is for; if nothing needs it here, move it elsewhere',
      })),
  },
  {
    id: 'key-unused',
    severity: 'notice',
    what: 'this private key belongs to no certificate in the directory',
    source: 'RFC 5280 §4.1.2.7',
    find: (set) => {
      const used = usedKeys(set);
      return set.inventory.keys
        .filter(({ path, publicKey }) => publicKey && !used.has(path) && !isBesideDamaged(path, set))
        .map(({ path }) => ({
          file: path,
          fix: 'it may be the only copy: check what it is for, and move it to a safe place',
        }));
    },
  },
  {
    id: 'key-unknown',
    severity: 'notice',
    what: 'this private key was not compared with the certificates here',
    source: 'RFC 5958 §3; node:crypto, createPrivateKey',
    find: (set) => {
      const used = usedKeys(set);
      const inTokens = set.inventory.tokenKeys.map(({ path, ref }) => ({
        file: path,
        reason: `the CA's private key was not compared with its certificate: it is in a token (${keyName(ref)})`,
        fix: words`a signature compares them: \`${call('renewCa', {}, set.directory)}\` renews the CA with that key`,
      }));
      const inFiles = set.inventory.keys.flatMap(({ path, publicKey, unread }) => {
        if (publicKey || (unread === undefined && used.has(path))) return [];
        const why = unread === undefined ? 'it is encrypted' : `this Node cannot read a key of ${unread}`;
        const fix = `compare them: openssl pkey -in ${shellWord(join(set.directory, path))} -pubout`;
        return [
          {
            file: path,
            reason: `this private key was not compared with the certificates here: ${why}`,
            fix,
          },
        ];
      });
      return [...inFiles, ...inTokens];
    },
  },
  {
    id: 'key-readable',
    severity: 'warning',
    what: 'others can read this private key, and anyone who has it can pass for its owner',
    source: 'chmod(1); the mode that the tutorials give is 0400',
    find: (set) =>
      withOwners(set, ([path, { mode }]) =>
        (mode & 0o077) !== 0 && set.inventory.keys.some((key) => key.path === path)
          ? [
              {
                file: path,
                reason: `others can read this private key (mode ${octal(mode)}), and anyone who has it can pass for its owner`,
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
    source:
      'chmod(1); SECURITY.md: anyone who can change the CA can make themselves a client, and a client is root',
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
    what: 'it belongs to a user other than root and you, who could change it',
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
    what: 'a run was interrupted while it replaced files: some are new, others are old',
    source: 'docs/files.md',
    find: ({ leftBehind }) =>
      leftBehind.filter(({ decided }) => decided).map(({ path }) => ({ file: path, fix: anyCommand })),
  },
  {
    id: 'leftovers',
    severity: 'warning',
    what: 'an interrupted run left it, and it may contain private keys',
    source: 'docs/files.md',
    find: ({ leftBehind }) =>
      leftBehind.filter(({ decided }) => !decided).map(({ path }) => ({ file: path, fix: anyCommand })),
  },
  {
    id: 'stale-lock',
    severity: 'warning',
    what: 'it is the lock of a run that was interrupted',
    source: 'docs/files.md',
    find: ({ staleLock }) => (staleLock ? [{ file: lockName, fix: anyCommand }] : []),
  },
];

/** An intact file that is neither a certificate nor a key: a public key, a revocation list. */
function isOfAnotherKind({ path, why = '' }: OtherFile): boolean {
  return (
    /^it holds (?:a public key|a revocation list|a key in OpenSSH's own form)$/.test(why) && !isNamed(path)
  );
}

/** Tells whether a file has a name that certificates and keys have. */
function isNamed(path: string): boolean {
  return (
    allCaFiles.some(({ certificate }) => certificate === basename(path)) ||
    /(?:^|-)(?:cert|key)\.pem$/.test(path)
  );
}

/** The index of what the CAs have issued, and their lists of what they have revoked. */
const ofAuthority: readonly string[] = [
  ...Object.values(indexFiles),
  ...(['client', 'server'] as const).map(crlFilesOf).flatMap(({ crl, number }) => [crl, number]),
];

function isStray(file: OtherFile): boolean {
  if (file.kind === 'damaged') return isOfAnotherKind(file);
  if (ofAuthority.includes(file.path)) return false;
  return file.kind === 'other' && !usual.test(file.path);
}

/** The keys in the place of a certificate's key, and those that match a certificate. */
function usedKeys({ inventory }: JudgedSet): Set<string> {
  const { certificates, keys } = inventory;
  const used = new Set(certificates.flatMap((one) => keyBeside(one, inventory)?.path ?? []));
  const others = keys.filter(({ path }) => !used.has(path));
  if (others.length === 0) return used;
  const certified = new Set(certificates.map(({ certificate }) => spkiOf(certificate)));
  for (const { path, publicKey } of others) if (publicKey && certified.has(spki(publicKey))) used.add(path);
  return used;
}

/** The damaged file may be the certificate of this key. */
function isBesideDamaged(path: string, { inventory }: JudgedSet): boolean {
  return inventory.others.some((one) => one.kind === 'damaged' && dirname(one.path) === dirname(path));
}

/** Systems without owners and modes have none of these flaws. */
function withOwners(
  { inventory, user }: JudgedSet,
  find: (entry: readonly [path: string, stats: Stats]) => Flaw[],
): Flaw[] {
  return user === undefined ? [] : [...inventory.entries].flatMap(find);
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
