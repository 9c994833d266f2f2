import { DirectoryError } from '../../errors.js';
import { systemCode } from '../../file-error.js';
import type { FoundFile } from '../../store/place.js';
import type { FileChange } from './apply-changes.js';
import type { BackupCopy, Written } from './daemon-record.js';
import { sha256Of } from './digest.js';
import type { Host, HostChange } from '../daemon/host.js';

/** A change with what it is, in a few words; one without is not mentioned. */
export interface PlannedChange extends FileChange {
  readonly what?: string;
}

/** The changes that people are told of. */
export function mentioned(changes: readonly PlannedChange[]): HostChange[] {
  return changes.flatMap(({ path, before, after, what }) =>
    what === undefined ? [] : [{ path, action: after ? (before ? 'replace' : 'create') : 'remove', what }],
  );
}

/** Collects changes, in the order in which they are made. */
export class Placing {
  readonly changes: PlannedChange[] = [];

  constructor(readonly host: Host) {}

  /** Plans a file as it is to be, and a copy of what is there and is not ours. Gives what the record says of it. */
  async put(
    path: string,
    content: Buffer,
    mode: number,
    what: string,
    recorded: Written | undefined,
  ): Promise<Written> {
    const found = await this.host.read(path);
    const digest = sha256Of(content);
    if (found?.mode === mode && found.content.equals(content)) {
      return { digest, before: recorded?.before ?? 'the same' };
    }
    const copy = found && isForeign(found, recorded) ? await this.copy(path, found) : undefined;
    const first =
      recorded && recorded.before !== 'the same' && recorded.before !== 'nothing' ? recorded.before : copy;
    this.changes.push({ path, before: found, after: { content, mode }, what });
    return { digest, before: first ?? 'nothing' };
  }

  /** Plans nothing for a file that is its own source, but for a mode that lets others read it. Gives what the record says of it. */
  async keep(path: string, content: Buffer, mode: number, what: string): Promise<Written> {
    const found = await this.host.read(path);
    if (found && (found.mode & 0o077 & ~mode) !== 0)
      this.changes.push({
        path,
        before: found,
        after: { content, mode },
        what: `${what}, with mode ${octal(mode)}`,
      });
    return { digest: sha256Of(content), before: 'the same' };
  }

  /** Plans a copy of a file, with its mode and owner. */
  async copy(path: string, found: FoundFile): Promise<BackupCopy> {
    const copy = await this.freeName(`${path}.before-tls`);
    const { content, mode, uid, gid } = found;
    const what = `a copy of ${path.slice(path.lastIndexOf('/') + 1)} as it is now`;
    this.changes.push({ path: copy, before: undefined, after: { content, mode, owner: { uid, gid } }, what });
    return { path: copy, digest: sha256Of(content) };
  }

  /** The first change of all, and one that is not mentioned. */
  async record(path: string, text: string): Promise<void> {
    const found = await this.host.read(path);
    if (found?.mode === 0o600 && found.content.equals(Buffer.from(text))) return;
    this.changes.unshift({ path, before: found, after: { content: text, mode: 0o600 } });
  }

  /** The name, or the first of its numbered ones that nothing has. */
  private async freeName(path: string): Promise<string> {
    for (let number = 0; ; number++) {
      const name = number === 0 ? path : `${path}.${number}`;
      const taken = await this.host.read(name).then(
        (found) => found !== undefined,
        (error: unknown) => {
          // A link, a directory, what another user can change.
          if (error instanceof DirectoryError && [undefined, 'EFBIG'].includes(systemCode(error.cause)))
            return true;
          throw error;
        },
      );
      if (!taken) return name;
    }
  }
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`;
}

/** Whether a file is not what `install` wrote: nor was it there, the same as ours, before. */
export function isForeign(found: FoundFile, recorded: Written | undefined): boolean {
  return recorded?.before === 'the same' || sha256Of(found.content) !== recorded?.digest;
}
