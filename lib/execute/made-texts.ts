import type { Artifact } from '../plan/schedule.js';
import type { Step } from '../plan/step.js';
import type { MadeCertificates } from './made-certificates.js';

/**
 * The texts of the certificates, CSRs and revocation lists that a run has made, by their paths, with the intermediate CAs that a file
 * holds. `read`: reads a file that was made. Errors: those of `read`.
 */
export function madeTexts(
  steps: readonly Step[],
  artifacts: readonly Artifact[],
  certificates: MadeCertificates,
  read: (path: string) => string,
): Map<string, string> {
  const joined = joinedFiles(steps);
  const texts = new Map<string, string>();
  for (const { path, product } of artifacts) {
    const alone = certificates.textOf(path);
    if (alone !== undefined && !joined.has(path)) texts.set(path, alone);
    else if (alone !== undefined || joined.has(path) || product === 'csr' || product === 'crl')
      texts.set(path, read(path));
  }
  return texts;
}

/** The files to which further certificates were added, wherever they were moved. */
function joinedFiles(steps: readonly Step[]): Set<string> {
  const joined = new Set<string>();
  for (const step of steps) {
    if (step.kind === 'concatenate') joined.add(step.to);
    if (step.kind === 'put-files')
      for (const file of step.files) if ('moved' in file && joined.has(file.moved)) joined.add(file.path);
  }
  return joined;
}
