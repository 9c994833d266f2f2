import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { refuseInTheWay } from '../../execute/in-the-way.js';
import { givenFlag, givenPath, givenTexts } from '../../given.js';
import type { Note, Plan, Step } from '../../plan/step.js';
import { ownProgram } from '../../process/own-program.js';
import { caFiles, parseDirectory } from '../../set/layout.js';
import { isEncrypted, readText } from '../../set/pairs.js';
import { isThere } from '../../store/is-there.js';
import { refuseUnsafeDirectory } from '../../store/safety.js';
import { option, words } from '../../words.js';
import type { Fleet } from '../fleet.js';
import { playbookFiles } from './playbook-files.js';

/** Where to write the playbooks, and how they start this program. */
export interface FleetAnsibleOptions {
  /** The directory of the playbooks. It is made where it is missing. */
  readonly out: string;
  /** The words that start this program on the controller. Default: Node and this package's program, by their paths. */
  readonly program?: readonly string[] | undefined;
  /** Replaces files that somebody has changed since they were written. Default: false. */
  readonly overwrite?: boolean | undefined;
}

/** The playbooks that are written, or would be. */
export interface PlannedPlaybooks {
  /** Absolute. */
  readonly out: string;
  /** Files that are new or differ, by their path in it. */
  readonly written: readonly string[];
  /** Files that are there already as they are to be. */
  readonly unchanged: readonly string[];
  readonly notes: readonly Note[];
  /** The CA's key has a passphrase: the playbook is run with `docker_tls_passphrase_file`. False also where there is no key yet. */
  readonly needsPassphrase: boolean;
  /** Without steps where nothing is to be written. */
  readonly plan: Plan;
}

/** The digests of what was written, so that a file that somebody changed is known. */
const MANIFEST = '.docker-tls-openssl.json';

/** Plans the files of a fleet that is read already. Errors: `ERR_INPUT`, `ERR_EXISTS`, `ERR_UNSAFE`, `ERR_FILE`. */
export async function planPlaybooks(
  fleet: Fleet,
  { out, program, overwrite = false }: FleetAnsibleOptions,
): Promise<PlannedPlaybooks> {
  const directory = parseDirectory(givenPath(out, 'out'));
  givenFlag(overwrite, 'overwrite');
  const { node, program: own } = ownProgram();
  const called = program === undefined ? [node, own] : givenTexts(program, 'program');
  await refuseUnsafeDirectory(directory, 'out');
  const files = await playbookFiles(fleet, called);
  const before = await readManifest(directory);
  const written: string[] = [];
  const replaces: string[] = [];
  const steps: Step[] = [];
  const folders = new Set<string>();
  const put = (path: string, content: string): void => {
    for (const folder of foldersOf(path)) {
      if (!folders.has(folder)) steps.push({ kind: 'make-directory', path: folder });
      folders.add(folder);
    }
    steps.push({ kind: 'write-file', path, content }, { kind: 'set-mode', mode: 0o644, paths: [path] });
  };
  for (const { path, content } of files) {
    const there = await textOf(join(directory, path));
    if (there === content) continue;
    if (there !== undefined && !overwrite && before.get(path) !== digestOf(there))
      throw changedSince(join(directory, path));
    if (there !== undefined) replaces.push(path);
    written.push(path);
    put(path, content);
  }
  const manifest = `${JSON.stringify(Object.fromEntries(files.map(({ path, content }) => [path, digestOf(content)])), null, 2)}\n`;
  const old = await textOf(join(directory, MANIFEST));
  if (old !== manifest) {
    if (old !== undefined) replaces.push(MANIFEST);
    put(MANIFEST, manifest);
  }
  const unchanged = files.map(({ path }) => path).filter((path) => !written.includes(path));
  const plan = { recipe: 'fleet ansible', steps, replaces, notes: [], departures: [] };
  await refuseInTheWay(plan, directory);
  const key = join(fleet.ca.directory, caFiles.key);
  const needsPassphrase = (await isThere(key)) && (await isEncrypted(key));
  return { out: directory, written, unchanged, notes: [], needsPassphrase, plan };
}

function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.unshift(folder);
  return folders;
}

async function textOf(path: string): Promise<string | undefined> {
  const text = await readText(path);
  return text === undefined ? undefined : Buffer.from(text, 'latin1').toString('utf8');
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Empty where there is none, or it cannot be read: then every other file counts as changed. */
async function readManifest(directory: string): Promise<ReadonlyMap<string, unknown>> {
  const text = await textOf(join(directory, MANIFEST));
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return new Map(Object.entries(typeof value === 'object' && value !== null ? value : {}));
  } catch {
    return new Map();
  }
}

function changedSince(path: string): DirectoryError {
  return new DirectoryError('ERR_EXISTS', path, `${path} is not as this program wrote it`, {
    hint: words`nothing was changed; keep changes of your own in other files, such as group_vars/all.yml, or replace it with ${option('overwrite', true)}`,
  });
}
