import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import { heldBy } from '../../set/held.js';
import { leafFiles, type LeafFiles } from '../../set/layout.js';
import { readRegularNow } from '../../store/read-regular.js';
import { DerError } from '../../x509/der.js';
import { leafFacts, type LeafFacts } from '../../x509/leaf-facts.js';
import type { LeafRole } from '../../x509/role.js';

/** What lies in `servers/NAME` or `clients/NAME`. */
export interface MemberFiles {
  /** Its certificate; undefined where there is none, or none that can be read. */
  readonly certificate: LeafFacts | undefined;
  /** Why the certificate cannot be read. */
  readonly why: string | undefined;
  /** Looked for only when it is asked for, as is the CSR. */
  readonly hasKey: boolean;
  /** The CSR that the certificate was signed from is there. */
  readonly hasCsr: boolean;
}

const nothingThere: MemberFiles = { certificate: undefined, why: undefined, hasKey: false, hasCsr: false };

class FoundFiles implements MemberFiles {
  #hasKey: boolean | undefined;
  #hasCsr: boolean | undefined;

  constructor(
    private readonly directory: string,
    private readonly files: Pick<LeafFiles, 'key' | 'csr'>,
    readonly certificate: LeafFacts | undefined,
    readonly why: string | undefined,
  ) {}

  get hasKey(): boolean {
    return (this.#hasKey ??= existsSync(join(this.directory, this.files.key)));
  }

  get hasCsr(): boolean {
    return (this.#hasCsr ??= existsSync(join(this.directory, this.files.csr)));
  }
}

/** The names of the directories below `servers/` and `clients/`. */
export type MemberFolders = Readonly<Record<LeafRole, ReadonlySet<string>>>;

/** Lists them. Errors: `ERR_FILE`. */
export function memberFolders(directory: string): MemberFolders {
  return { server: foldersIn(join(directory, 'servers')), client: foldersIn(join(directory, 'clients')) };
}

function foldersIn(path: string): ReadonlySet<string> {
  const entries = listOrNothing(path, () =>
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name),
  );
  return new Set(entries);
}

/** None where there is no such directory. Errors: `ERR_FILE`. */
export function listOrNothing(path: string, list: () => readonly string[]): readonly string[] {
  try {
    return list();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw fileError(path, 'read', error);
  }
}

/** Reads what a member has: its certificate, once, and whether the other files are there. In synchronous calls: there may be thousands. */
export function readMember(directory: string, role: LeafRole, name: string, isThere: boolean): MemberFiles {
  if (!isThere) return nothingThere;
  const files = leafFiles(role, name);
  const found = (certificate?: LeafFacts, why?: string): MemberFiles =>
    new FoundFiles(directory, files, certificate, why);
  try {
    const bytes = readRegularNow(join(directory, files.certificate));
    const held = bytes && heldBy(bytes);
    const [der] = held?.blocks ?? [];
    return der ? found(leafFacts(der)) : found(undefined, held?.why ?? 'it holds no certificate');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return found();
    return found(undefined, whyUnreadable(error));
  }
}

/** Why a file cannot be read, for a member that is left out: the others go on. */
export function whyUnreadable(error: unknown): string {
  if (error instanceof DirectoryError) return error.message;
  if (error instanceof DerError) return 'it cannot be parsed';
  if (systemCode(error) === undefined) throw error;
  return fileError('it', 'read', error).message;
}
