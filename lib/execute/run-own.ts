import { constants, renameSync } from 'node:fs';
import { appendFile, lchown, lstat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { breathe } from '../store/breathe.js';
import { forEach } from '../store/for-each.js';
import { makeDirectories, makeDirectory } from '../store/make-directories.js';
import { readRegularNow } from '../store/read-regular.js';
import { setModeNow } from '../store/set-mode.js';
import type { Workspace } from '../store/workspace.js';
import { writeNew, writeNewNow } from '../store/write-new.js';
import type { ReadBack } from './read-back.js';
import { notOpenssl } from './read-back/refusal.js';
import { recordIssued } from './record.js';
import type { FileToPut, OpensslStep, PutFilesStep, Step } from '../plan/step.js';

/** What the steps of one plan share. */
export interface OwnContext {
  readonly workspace: Workspace | undefined;
  readonly readBack: ReadBack;
}

/** Runs a step that is not openssl's. Errors: `ERR_FILE`, `ERR_EXISTS`; `ERR_READ_BACK` for a check. */
export async function runOwn(
  step: Exclude<Step, OpensslStep>,
  { workspace, readBack }: OwnContext,
  locate: (path: string) => string,
): Promise<void> {
  await run(step, { workspace, readBack }, locate);
  readBack.did(step);
}

async function run(
  step: Exclude<Step, OpensslStep>,
  { workspace, readBack }: OwnContext,
  locate: (path: string) => string,
): Promise<void> {
  switch (step.kind) {
    case 'write-file':
      await attempt(step.path, () => writeNew(locate(step.path), step.content, 0o600));
      return;
    case 'echo':
      await attempt(step.path, () =>
        step.append
          ? append(locate(step.path), `${step.text}\n`)
          : overwrite(locate(step.path), `${step.text}\n`),
      );
      return;
    case 'make-directory':
      if (!workspace) throw new TypeError('a directory is made in a workspace');
      await attempt(step.path, () => makeDirectories(workspace.folder, step.path, 0o700));
      return;
    case 'copy-file':
      await attempt(step.to, async () => {
        await writeNew(locate(step.to), contentOf(locate(step.from), step.from), 0o600);
      });
      return;
    case 'concatenate':
      await attempt(step.to, async () => {
        const texts = step.from.map((path) => contentOf(locate(path), path));
        if (step.append) await append(locate(step.to), Buffer.concat(texts));
        else await writeNew(locate(step.to), Buffer.concat(texts), 0o600);
      });
      return;
    case 'put-files':
      if (!workspace) throw new TypeError('files are put into a workspace');
      await putFiles(step, workspace, locate);
      return;
    case 'set-mode':
      // The mode is given when they are committed; a change of group would take bits of it away.
      if (step.group === undefined) return;
      await forEach(step.paths, (path) => attempt(path, () => giveToGroup(locate(path), step.group)));
      return;
    case 'remove':
      await forEach(step.paths, (path) => attempt(path, () => remove(locate(path))));
      return;
    case 'record':
      await attempt(step.index, () => recordIssued(step, locate, readBack.entryAt));
      return;
    case 'check':
    case 'check-signed':
    case 'check-key':
    case 'check-crl':
      await readBack.check(step);
  }
}

/** In synchronous calls: of thousands of small files, the asynchronous ones take several times as long. */
async function putFiles(
  { files }: PutFilesStep,
  { folder }: Workspace,
  locate: (path: string) => string,
): Promise<void> {
  const made = new Set<string>(['.']);
  const make = (path: string): void => {
    if (made.has(path)) return;
    made.add(path);
    make(dirname(path));
    makeDirectory(folder, path, 0o700);
  };
  const sources = new Map<string, Buffer>();
  const contentAt = (path: string): Buffer => {
    const content = sources.get(path) ?? contentOf(locate(path), path);
    sources.set(path, content);
    return content;
  };
  const put = (file: FileToPut): void => {
    make(dirname(file.path));
    if ('moved' in file) renameSync(locate(file.moved), locate(file.path));
    else writeNewNow(locate(file.path), 'content' in file ? file.content : contentAt(file.copyOf), 0o600);
  };
  for (const [at, file] of files.entries()) {
    await breathe(at);
    try {
      put(file);
    } catch (error) {
      throw written(file.path, error);
    }
  }
}

/**
 * Makes what openssl wrote readable for us alone, whatever the umask. What leads to another file is not what openssl was
 * asked for, and stays untouched. Errors: `ERR_READ_BACK` for a link and for a file of another user's, `ERR_FILE`.
 */
export function makePrivate(path: string, shown: string): void {
  const wrong = (what: string): DirectoryError =>
    new DirectoryError('ERR_READ_BACK', shown, `openssl made a wrong ${shown}: it ${what}`, {
      hint: notOpenssl,
    });
  const isLink = (): DirectoryError => wrong('is a link');
  try {
    setModeNow(path, 0o600, (stats) => {
      if (stats.isFile() && stats.nlink > 1) throw isLink();
      if (stats.uid !== (process.geteuid?.() ?? stats.uid)) throw wrong(`belongs to user ${stats.uid}`);
      if (!stats.isFile()) throw Object.assign(new Error('no file'), { code: 'ENOENT' });
    });
  } catch (error) {
    if (error instanceof DirectoryError) throw error;
    if (systemCode(error) === 'ELOOP') throw isLink();
    if (!['ENOENT', 'ENXIO'].includes(systemCode(error) ?? '')) throw fileError(shown, 'find', error); // else the read-back says it
  }
}

function contentOf(path: string, shown: string): Buffer {
  const bytes = readRegularNow(path, { shown });
  if (bytes) return bytes;
  throw fileError(shown, 'read', { code: 'EISDIR' });
}

/** As a shell's `>`, but through no symbolic link. */
async function overwrite(path: string, text: string): Promise<void> {
  await remove(path);
  await writeNew(path, text, 0o600);
}

/** As a shell's `>>`, but through no symbolic link. */
async function append(path: string, text: string | Buffer): Promise<void> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  await appendFile(path, text, { flag: O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, mode: 0o600 });
  setModeNow(path, 0o600);
}

async function giveToGroup(path: string, group: number | undefined): Promise<void> {
  if (group !== undefined && (await lstat(path)).gid !== group) await lchown(path, -1, group);
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
}

/** Does something with a file. Errors: `ERR_FILE`, and those of ours. */
async function attempt(path: string, action: () => unknown): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw written(path, error);
  }
}

function written(path: string, error: unknown): DirectoryError {
  return error instanceof DirectoryError ? error : fileError(path, 'write', error);
}
