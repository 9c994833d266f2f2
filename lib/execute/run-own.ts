import { constants } from 'node:fs';
import { appendFile, lchown, lstat, unlink } from 'node:fs/promises';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { makeDirectories } from '../store/make-directories.js';
import { readRegular } from '../store/read-regular.js';
import { setMode } from '../store/set-mode.js';
import type { Workspace } from '../store/workspace.js';
import { writeNew } from '../store/write-new.js';
import type { ReadBack } from './read-back.js';
import { notOpenssl } from './read-back/refusal.js';
import { recordIssued } from './record.js';
import type { OpensslStep, Step } from '../plan/step.js';

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
        await writeNew(locate(step.to), await contentOf(locate(step.from), step.from), 0o600);
      });
      return;
    case 'concatenate':
      await attempt(step.to, async () => {
        const texts = await Promise.all(step.from.map((path) => contentOf(locate(path), path)));
        if (step.append) await append(locate(step.to), Buffer.concat(texts));
        else await writeNew(locate(step.to), Buffer.concat(texts), 0o600);
      });
      return;
    case 'set-mode':
      for (const path of step.paths)
        await attempt(path, async () => {
          await giveToGroup(locate(path), step.group);
          await setMode(locate(path), step.mode);
        });
      return;
    case 'remove':
      for (const path of step.paths) await attempt(path, () => remove(locate(path)));
      return;
    case 'record':
      await attempt(step.index, () => recordIssued(step, locate));
      return;
    case 'check':
    case 'check-key':
    case 'check-crl':
      await readBack.check(step);
  }
}

/**
 * Makes what openssl wrote readable for us alone, whatever the umask. What leads to another file is not what openssl was
 * asked for, and stays untouched. Errors: `ERR_READ_BACK` for a link and for a file of another user's, `ERR_FILE`.
 */
export async function makePrivate(path: string, shown: string): Promise<void> {
  const wrong = (what: string): DirectoryError =>
    new DirectoryError('ERR_READ_BACK', shown, `openssl made a wrong ${shown}: it ${what}`, {
      hint: notOpenssl,
    });
  const isLink = (): DirectoryError => wrong('is a link');
  try {
    await setMode(path, 0o600, (stats) => {
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

async function contentOf(path: string, shown: string): Promise<Buffer> {
  return (await readRegular(path, { shown })).bytes;
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
  await setMode(path, 0o600);
}

async function giveToGroup(path: string, group: number | undefined): Promise<void> {
  if (group !== undefined && (await lstat(path)).gid !== group) await lchown(path, -1, group);
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
}

async function attempt(path: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw error instanceof DirectoryError ? error : fileError(path, 'write', error);
  }
}
