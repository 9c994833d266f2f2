import type { X509Certificate } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import { executeUnlocked } from '../execute/execute.js';
import type { RunControl } from '../execute/run-control.js';
import { parseControl } from '../execute/run-control.js';
import type { Plan } from '../plan/step.js';
import { recordingOf } from '../set/issued/recording.js';
import { repair } from '../store/leftovers.js';
import { withLock } from '../store/lock.js';

/** Where a parent's directory keeps the certificates of the CAs that it has signed. */
const FOLDER = 'issued';

/** The copy of a certificate in its parent's directory, relative to that. */
export function certificateCopy(serial: string): string {
  return `${FOLDER}/${serial.toLowerCase().replace(/^0+(?=.)/, '')}.pem`;
}

/** Tells whether files can be made in a directory: not on a medium that is mounted read-only. */
export async function isWritable(directory: string): Promise<boolean> {
  return access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** Records a CA's certificate in its parent's directory, where both are known and that can be written. Errors: those of `execute`. */
export async function recordIfWritable(
  parent: string | undefined,
  certificate: X509Certificate | undefined,
  options: RunControl,
): Promise<void> {
  if (parent === undefined || !certificate || !(await isWritable(parent))) return;
  await recordInParent(parent, certificate, options);
}

/**
 * Keeps a copy of a CA's certificate in its parent's directory, from which the parent's index is made, and records it there if
 * there is an index already. Errors: those of `execute`.
 */
async function recordInParent(
  directory: string,
  certificate: X509Certificate,
  options: RunControl,
): Promise<void> {
  const control = parseControl(options);
  const path = certificateCopy(certificate.serialNumber);
  const keeping: Plan = {
    recipe: 'parent',
    steps: [
      { kind: 'make-directory', path: FOLDER },
      { kind: 'write-file', path, content: certificate.toString() },
      { kind: 'set-mode', mode: 0o444, paths: [path] },
    ],
    replaces: [],
    notes: [],
    departures: [],
  };
  await withLock(directory, control, async (lock) => {
    await repair(directory);
    const plan = await recordingOf([path], keeping, directory);
    await executeUnlocked(plan, { ...control, observer: undefined, directory }, lock);
  });
}
