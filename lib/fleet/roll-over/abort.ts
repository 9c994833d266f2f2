import { join } from 'node:path';
import { DirectoryError, RollOverError } from '../../errors.js';
import { change } from '../../execute/change.js';
import { askOnce } from '../../issue/ask-passphrase.js';
import type { Note, Plan } from '../../plan/step.js';
import type { ArchivedFile } from '../../set/archive-record.js';
import {
  archivedRenewals,
  archiveSteps,
  copiedAs,
  newArchiveFolder,
  type Replaced,
} from '../../set/archive.js';
import { readSet, type CertificateSet } from '../../set/certificate-set.js';
import { leavesOf } from '../../set/found.js';
import { caFiles, leafFiles } from '../../set/layout.js';
import { isIssuedBy } from '../../x509/issued.js';
import { parseNow } from '../../x509/validity.js';
import type { Fleet } from '../fleet.js';
import { caThatSigned, certificateText, membersOf } from './members.js';
import { readUnderWay, statePlan } from './next.js';
import { prepare, refuseChanged, type PrepareOptions } from './prepare.js';
import type { RollOverChange } from './start.js';
import { PROBE_NAME, stateSteps, type RollOver } from './state.js';
import { isBack, isStep, type RollOverStep } from './steps.js';

/** How to abort a roll-over. */
export interface AbortRollOverRequest extends PrepareOptions {
  /** Looks only, and writes nothing. Default: false. */
  readonly dryRun?: boolean | undefined;
}

/** Turns a roll-over back. Errors: those of `abortRollOver`. */
export async function abort(fleet: Fleet, options: AbortRollOverRequest): Promise<RollOverChange> {
  const { directory } = fleet.ca;
  const request = { ...options, passphrase: askOnce(options.passphrase) };
  const { dryRun = false } = options;
  const now = parseNow(options.now ?? new Date());
  const rollOver = await readUnderWay(directory, options, dryRun);
  refuseTooLate(rollOver);
  if (dryRun) {
    const { stage, notes } = await planAbort(fleet, rollOver, now);
    const members = membersOf(fleet, await readSet(directory));
    const prepared = members.filter(({ certificate }) => certificate !== undefined);
    return {
      ...{ directory, stage, advanced: true, failed: [], notes },
      prepared: prepared.map(({ role, name }) => ({ role, name })),
    };
  }
  const { stage, notes } = await change(directory, options, {
    preview: () => Promise.resolve(undefined),
    plan: async () => {
      await refuseChanged(directory, rollOver);
      return planAbort(fleet, rollOver, now);
    },
  });
  const done = await prepare(fleet, { ...rollOver, stage }, stage, request);
  return { directory, stage, advanced: true, ...done, notes: [...notes, ...done.notes] };
}

/** Throws `ERR_ROLL_OVER`. */
function refuseTooLate({ stage }: RollOver): void {
  if (stage === 'drop-old')
    throw new RollOverError(
      'ERR_ROLL_OVER',
      'the roll-over cannot be aborted any more: some daemons and clients may trust only the new CA already',
      {
        hint: 'nothing was changed; finish it with its next step, and start another one if this CA is to go, too',
      },
    );
  if (isStep(stage) && isBack(stage))
    throw new RollOverError('ERR_ROLL_OVER', `the roll-over is being aborted already, at the step ${stage}`, {
      hint: 'nothing was changed; go on with its next step',
    });
}

/**
 * Plans the way back in one change: the old CA and its key sign again. Where certificates of the new CA are in use, both stay trusted
 * until those are replaced; else the old one alone.
 */
async function planAbort(
  fleet: Fleet,
  rollOver: RollOver,
  now: Date,
): Promise<{ readonly plan: Plan; readonly stage: RollOverStep; readonly notes: readonly Note[] }> {
  const { directory } = fleet.ca;
  const set = await readSet(directory);
  const members = membersOf(fleet, set);
  const isInUse = members.some(({ certificate }) => caThatSigned(certificate, rollOver) === 'new');
  const stage = isInUse ? 'restore-certificates' : 'drop-new';
  const key = await keyOfOldCa(directory, rollOver);
  const folder = await newArchiveFolder(directory, now);
  const modeOf = (path: string): number => (set.entries.get(path)?.mode ?? 0o400) & 0o777;
  const { certificate: path } = caFiles;
  const replaced: Replaced[] = [
    { path, product: 'certificate', mode: modeOf(path), certificate: rollOver.new },
    {
      path: key.path,
      product: key.product,
      mode: modeOf(key.path) & (key.product === 'private-key' ? 0o700 : 0o777),
    },
  ];
  const trusted = isInUse ? [rollOver.old, rollOver.new] : [rollOver.old];
  return {
    stage,
    plan: statePlan(
      [
        ...archiveSteps(directory, folder, replaced, 'fleet roll-over abort', now),
        {
          kind: 'copy-file',
          from: join(directory, rollOver.archive, key.path),
          to: key.path,
          product: copiedAs(key.product),
        },
        { kind: 'set-mode', mode: parseInt(key.mode, 8), paths: [key.path] },
        { kind: 'write-file', path, content: certificateText(trusted) },
        { kind: 'set-mode', mode: 0o444, paths: [path] },
        ...stateSteps({ ...rollOver, stage, stageSince: now }),
      ],
      [path, key.path],
    ),
    notes: notesOnOthers(fleet, set, rollOver),
  };
}

/** The key of the old CA in the archive, or what remembers where it is. Errors: `ERR_FILE`. */
async function keyOfOldCa(directory: string, { archive }: RollOver): Promise<ArchivedFile> {
  const renewal = (await archivedRenewals(directory)).find(({ folder }) => folder === archive);
  const key = renewal?.record.files.find(({ product }) => product !== 'certificate');
  if (key) return key;
  const folder = join(directory, archive);
  throw new DirectoryError('ERR_FILE', folder, `the key of the old CA is not in ${folder} any more`, {
    hint: 'nothing was changed; bring that folder back from a backup of the certificate directory, or go on with the next step',
  });
}

/** Certificates of the new CA that the fleet file does not name: nobody replaces them. */
function notesOnOthers({ hosts, clients }: Fleet, set: CertificateSet, rollOver: RollOver): Note[] {
  const own = new Set([
    ...hosts.map(({ name }) => leafFiles('server', name).certificate),
    ...[...clients.map(({ name }) => name), PROBE_NAME].map((name) => leafFiles('client', name).certificate),
  ]);
  const others = leavesOf(set).filter(
    ({ path, certificate }) => !own.has(path) && isIssuedBy(certificate, rollOver.new),
  );
  if (others.length === 0) return [];
  return [
    {
      code: 'LEAVES_VOID',
      text: `the fleet file does not name the owners of ${others.map(({ path }) => path).join(', ')}, which the new CA has signed: renew these certificates yourself before the last step`,
    },
  ];
}
