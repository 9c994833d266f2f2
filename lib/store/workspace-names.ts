/** The start of a workspace's name; the tag of its owner follows, and what makes it unique. */
export const workspacePrefix = '.docker-tls-openssl-';

/** The same where no lock is held: for a step by itself, and for what appears whole. */
export const stepPrefix = '.docker-tls-openssl_';

/** The end of the name of a single file that is about to appear. */
export const fileSuffix = '.tmp';

export interface WorkspaceName {
  /** Whose it is, as `ownerState` reads it. */
  readonly owner: string;
  /** Whether the run held the lock of the directory that it lies in. */
  readonly locked: boolean;
}

/** Reads the name of a workspace, or of a file that is about to appear. */
export function parseWorkspace(name: string): WorkspaceName | undefined {
  const [, mark, owner] = /^\.docker-tls-openssl([-_])(.+)-\w{6}(?:\.tmp)?$/.exec(name) ?? [];
  return owner === undefined ? undefined : { owner, locked: mark === '-' };
}
