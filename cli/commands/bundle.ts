import type { ArgumentsCamelCase, InferredOptionTypes, Options } from 'yargs';
import { resolve } from 'node:path';
import { defineCommand } from '../command.js';
import { bundle, writeBundle, writeP12 } from '../../lib/index.js';
import { bundleLayouts, encryptionSuffixes, endpointCalled, endpointUrl } from '../../lib/internal.js';
import { UsageError, type Environment } from '../environment.js';
import { executionFlags, keyPassphraseFlags, openModesFlag, runFlags } from '../flags.js';
import { sayNotes } from '../notes.js';
import { passphraseSource } from '../passphrase.js';
import { observeProgress } from '../progress.js';
import { spelledNotes } from '../present.js';
import {
  bundleAsJson,
  bundleWords,
  describeBundle,
  describeBundled,
  dindLines,
  dockerLines,
  describeP12,
  p12AsJson,
} from '../present-bundle.js';
import { describeRemark } from '../present-docker.js';
import { errorStyle, print, printBytes, printExactly, printJson, resultStyle, say } from '../streams.js';

const what = { group: 'What to pack:' };
const delivery = { group: 'Delivery:' };
const running = { group: 'Running:' };

const flags = {
  server: { type: 'boolean', describe: 'Pack the files of a server [default: of a client]', ...what },
  dir: { ...runFlags.dir, ...what },
  layout: {
    type: 'string',
    choices: bundleLayouts,
    default: 'docker' as const,
    requiresArg: true,
    describe: "Names of the files: Docker's own, or those that docker:dind looks for",
    ...what,
  },
  to: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Encrypt with age for age1... or an SSH public key; repeatable',
    ...delivery,
  },
  'to-pgp': {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Encrypt with gpg for a fingerprint or an e-mail address; repeatable',
    ...delivery,
  },
  p12: { type: 'boolean', describe: 'Write a PKCS #12 file for browsers and Java', ...delivery },
  ...keyPassphraseFlags('the passphrase of the PKCS #12 file'),
  output: {
    type: 'string',
    requiresArg: true,
    describe: 'File to write, - for stdout [default: NAME.tar.gz, .tar.gz.age, .tar.gz.gpg or .p12]',
    ...running,
  },
  'dry-run': {
    type: 'boolean',
    describe: 'List the files, or the openssl commands, and write nothing',
    ...running,
  },
  overwrite: { type: 'boolean', describe: 'Replace the output file if it exists', ...running },
  json: executionFlags.json,
  verbose: executionFlags.verbose,
  openssl: executionFlags.openssl,
  timeout: { ...executionFlags.timeout, describe: 'Timeout per command, in seconds' },
  ...openModesFlag,
} as const satisfies Record<string, Options>;

type Flags = ArgumentsCamelCase<InferredOptionTypes<typeof flags> & { name: string | undefined }>;

export const command = defineCommand(
  {
    examples: [
      ['$0 bundle alice', 'Pack the files of a client into alice.tar.gz'],
      ['$0 bundle web1 --server', 'Pack the files of a host into web1.tar.gz'],
      ['$0 bundle alice --p12', 'Pack alice.p12, for browsers and Java'],
    ],
  },
  (yargs) =>
    yargs
      .positional('name', {
        type: 'string',
        describe: 'Client or server to pack [default: the default pair]',
      })
      .options(flags)
      .conflicts('to', ['to-pgp', 'p12'])
      .conflicts('to-pgp', 'p12')
      .conflicts('p12', 'server')
      .check(({ p12, layout }) => {
        if (p12 && layout !== 'docker') throw new UsageError(bundleWords.notWithP12);
        return true;
      })
      .conflicts('passphrase-file', 'passphrase-fd'),
  async (given, environment) => (given.p12 ? packP12(given, environment) : pack(given, environment)),
);

async function pack(given: Flags, { signal }: Environment): Promise<void> {
  const {
    name,
    server,
    to,
    toPgp,
    output,
    overwrite,
    dryRun = false,
    dir,
    layout,
    json,
    allowOpenModes,
  } = given;
  const misplaced = (['passphrase-file', 'passphrase-fd', 'openssl', 'verbose'] as const).find(
    (flag) => given[flag] !== undefined,
  );
  if (misplaced) throw new UsageError(bundleWords.onlyWithP12(misplaced));
  const role = server ? 'server' : 'client';
  const toStdout = output === '-';
  if (toStdout && json) throw new UsageError(bundleWords.andJson);
  if (toStdout && process.stdout.isTTY && !dryRun) throw new UsageError(bundleWords.toTerminal);
  const made = await bundle(role, {
    directory: dir,
    name,
    layout,
    to,
    toPgp,
    signal,
    timeoutMs: given.timeout * 1000,
  });
  if (toStdout && !dryRun) {
    printBytes(made.bytes);
    return;
  }
  const { encryption } = made;
  const path = output ?? `${name ?? role}.tar.gz${encryption ? encryptionSuffixes[encryption.program] : ''}`;
  const notes = dryRun ? [] : await writeBundle(resolve(path), made, { overwrite, allowOpenModes });
  if (json) {
    const more = { ok: true, command: 'bundle', dryRun, role, layout, notes: spelledNotes(notes) };
    printJson(bundleAsJson(resolve(path), made, more));
    return;
  }
  if (dryRun) {
    print(...describeBundled(made), bundleWords.notMade(path, encryption));
    return;
  }
  sayNotes(notes);
  const next = layout === 'dind' ? dindLines : dockerLines;
  print(...describeBundle(path, made, next(path, made, role, await hostOf(dir)), resultStyle()));
  say(describeRemark(bundleWords.secret(role, encryption), errorStyle()));
}

async function packP12(given: Flags, { signal }: Environment): Promise<void> {
  const { name, output, overwrite, dryRun = false, dir, json, verbose, openssl, allowOpenModes } = given;
  if (output === '-') throw new UsageError(bundleWords.p12ToStdout);
  const path = output ?? `${name ?? 'client'}.p12`;
  const made = await writeP12(path, {
    directory: dir,
    name,
    passphrase: passphraseSource(given, signal) ?? undefined,
    overwrite,
    dryRun,
    openssl,
    timeoutMs: given.timeout * 1000,
    allowOpenModes,
    signal,
    observer: verbose && !json ? observeProgress(true).observer : undefined,
  });
  if (json) {
    printJson(p12AsJson(made, dryRun));
    return;
  }
  if (dryRun) {
    printExactly(...made.commands);
    return;
  }
  sayNotes(made.notes);
  print(...describeP12(path, made, await hostOf(dir), resultStyle()));
  say(describeRemark(bundleWords.p12Secret, errorStyle()));
}

async function hostOf(directory: string): Promise<string | undefined> {
  return endpointCalled({ directory }).then(endpointUrl, () => undefined);
}
