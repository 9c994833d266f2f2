import { join } from 'node:path';
import { artifactsOf, outputsOf } from '../../plan/schedule.js';
import type { Plan, Step } from '../../plan/step.js';
import { formatIndex } from '../../x509/ca-index.js';
import { isThere } from '../../store/is-there.js';
import { certificatesIssued } from './issued-in.js';
import { recordLine } from './entry.js';
import { indexFiles } from './read.js';
import { ATTRIBUTES } from './texts.js';

/**
 * Adds the step that records the new certificates of a plan in the index. A directory without an index, as `all` makes it, stays
 * without, unless `begin`: then the certificates that are there already come first. Errors: `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function recording(plan: Plan, directory: string, begin = false): Promise<Plan> {
  const artifacts = new Set(artifactsOf(plan).map(({ path }) => path));
  const made = madeBy(plan.steps).filter((path) => artifacts.has(path));
  return recordingOf(made, plan, directory, begin);
}

/** As `recording`, for these certificates. Errors: `ERR_UNSAFE`, `ERR_FILE`. */
export async function recordingOf(
  made: readonly string[],
  plan: Plan,
  directory: string,
  begin = false,
): Promise<Plan> {
  if (made.length === 0) return plan;
  const { folder, index, attributes, records } = indexFiles;
  const hasIndex = await isThere(join(directory, index));
  if (!hasIndex && !begin) return plan;
  const hasAttributes = await isThere(join(directory, attributes));
  const hasRecords = await isThere(join(directory, records));
  const found = hasIndex ? [] : await certificatesIssued(directory);
  const start = {
    index: formatIndex(found.map(({ line }) => line)),
    records: found.map(({ record }) => recordLine(record)).join(''),
  };
  const left = new Set(made);
  const record = (certificates: readonly string[]): Step[] => {
    const recorded = certificates.filter((path) => left.delete(path));
    return recorded.length === 0
      ? []
      : [{ kind: 'record', certificates: recorded, directory, index, records, start }];
  };
  return {
    ...plan,
    steps: [
      { kind: 'make-directory', path: folder },
      // Those that were checked together are recorded together: while there are thousands more, these are forgotten.
      ...plan.steps.flatMap((step): Step[] =>
        step.kind === 'check-signed'
          ? [step, ...record(step.certificates.map(({ certificate }) => certificate))]
          : [step],
      ),
      ...record(made),
      ...(hasAttributes ? [] : [{ kind: 'write-file', path: attributes, content: ATTRIBUTES } as const]),
      { kind: 'set-mode', mode: 0o600, paths: [index, records, ...(hasAttributes ? [] : [attributes])] },
    ],
    replaces: [...plan.replaces, ...(hasIndex ? [index] : []), ...(hasRecords ? [records] : [])],
  };
}

/** Where the certificates are in the end that openssl makes. */
function madeBy(steps: Plan['steps']): string[] {
  const made = new Set<string>();
  for (const step of steps) {
    if (step.kind === 'openssl') {
      for (const { writes, product } of outputsOf(step)) if (product === 'certificate') made.add(writes);
    } else if (step.kind === 'put-files') {
      for (const file of step.files) if ('moved' in file && made.delete(file.moved)) made.add(file.path);
    }
  }
  return [...made];
}
