import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import type { Step } from '../../plan/step.js';
import { archiveName } from '../../set/files-below.js';
import { caFiles, parseDirectory } from '../../set/layout.js';
import { readText } from '../../set/pairs.js';
import { readRegular } from '../../store/read-regular.js';
import { refuseOthers, refuseToReplace, refuseUnsafeDirectory } from '../../store/safety.js';
import { readableCertificates } from '../../x509/pem.js';
import { isSameKey } from '../../x509/spki.js';
import { isStep, rollOverStages, signingCa, type RollOverStage, type RollOverStep } from './steps.js';

/** Holds the state, in the certificate directory. */
export const rollOverFile = 'roll-over.json';

/** The client whose certificate shows what daemons accept. No client of a fleet may have its name. */
export const PROBE_NAME = 'roll-over-probe';

/** A roll-over of a fleet's CA, as `roll-over.json` remembers it. */
export interface RollOver {
  readonly stage: RollOverStage;
  readonly startedAt: Date;
  /** When it came to its stage. */
  readonly stageSince: Date;
  /** The certificate of the CA that is replaced. */
  readonly old: X509Certificate;
  /** The certificate of the CA that takes its place. */
  readonly new: X509Certificate;
  /** The folder of the archive with the old CA and its key, relative to the directory. */
  readonly archive: string;
  /** The hosts that had a certificate when it started. */
  readonly hosts: readonly string[];
  /** Clients of the old CA whose keys are in the directory: they show whether daemons accept that CA. */
  readonly witnesses: readonly Witness[];
  readonly confirmations: readonly Confirmation[];
}

/** One that is neither finished nor aborted. */
export type RollOverUnderWay = RollOver & { readonly stage: RollOverStep };

/** A client of the old CA, and the certificate that it had of it. */
export interface Witness {
  readonly client: string;
  readonly certificate: X509Certificate;
}

/** A person's word that a client has the files of a step: those that were delivered elsewhere cannot be seen. */
export interface Confirmation {
  readonly step: RollOverStage;
  readonly client: string;
  readonly at: Date;
}

/** Some 100,000 hosts with long names. */
const MOST_BYTES = 10_000_000;

const VERSION = 1;

/**
 * Reads the roll-over of a certificate directory: one that is under way, or the last one; undefined where none was ever started. What signs in
 * the directory has to ask it: `maySign(stage, role)`.
 *
 * @throws `ERR_FILE`: `roll-over.json` cannot be read, or is damaged: nobody can tell then whether one is under way.
 * @throws `ERR_CA_UNUSABLE`: the CA in the directory is not that of the roll-over.
 * @throws `ERR_UNSAFE`, `ERR_EXISTS`: others could change it, or it is no file.
 */
export async function readRollOver(directory: string): Promise<RollOver | undefined> {
  const home = parseDirectory(directory);
  await refuseUnsafeDirectory(home);
  const path = join(home, rollOverFile);
  const hint =
    'nothing was changed; restore it from a backup of the certificate directory: without it nobody can tell what may be signed';
  let text: string;
  try {
    await refuseToReplace(path); // which nothing does here: but a link is not followed
    const { bytes, stats } = await readRegular(path, { hint, mostBytes: MOST_BYTES });
    refuseOthers(path, stats);
    text = bytes.toString('utf8');
  } catch (error) {
    if (error instanceof DirectoryError) throw error;
    if (systemCode(error) === 'ENOENT') return undefined;
    throw fileError(path, 'read', error);
  }
  let state: RollOverState;
  try {
    state = parseState(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof RollOverStateError ? cause.message : 'it is not JSON';
    throw new DirectoryError('ERR_FILE', path, `${path} is not the state of a roll-over: ${why}`, {
      cause,
      hint,
    });
  }
  return fitting(state, home);
}

/** The state without the new CA, which does not exist yet when a roll-over starts: then `ca.pem` has it. */
export type RollOverState = Omit<RollOver, 'new'> & { readonly new: X509Certificate | undefined };

/** Completes the state, and compares it with the CA in the directory while a roll-over is under way. Errors: `ERR_CA_UNUSABLE`. */
async function fitting(state: RollOverState, directory: string): Promise<RollOver> {
  const path = join(directory, caFiles.certificate);
  const doesNotFit = (): DirectoryError =>
    new DirectoryError(
      'ERR_CA_UNUSABLE',
      path,
      `${path} is not the CA that ${rollOverFile} speaks of: something else has changed it since`,
      {
        hint: `nothing was changed; restore ca.pem and the CA's key from ${archiveName}/ or from a backup, as they were in the roll-over`,
      },
    );
  const isOver = !isStep(state.stage);
  if (isOver && state.new) return { ...state, new: state.new };
  const [first] = readableCertificates((await readText(path)) ?? '');
  const made = state.new ?? first;
  if (!first || !made || isSameKey(made.publicKey, state.old.publicKey)) throw doesNotFit();
  const signs = signingCa(state.stage) === 'new' ? made : state.old;
  if (!isSameKey(first.publicKey, signs.publicKey)) throw doesNotFit();
  return { ...state, new: made };
}

/** The state as its file has it. */
function formatState(rollOver: RollOverState): string {
  const { stage, startedAt, stageSince, archive, hosts, witnesses, confirmations } = rollOver;
  const state = {
    version: VERSION,
    stage,
    startedAt: startedAt.toISOString(),
    stageSince: stageSince.toISOString(),
    old: rollOver.old.toString(),
    ...(rollOver.new && { new: rollOver.new.toString() }),
    archive,
    hosts,
    witnesses: witnesses.map(({ client, certificate }) => ({ client, certificate: certificate.toString() })),
    confirmations: confirmations.map(({ step, client, at }) => ({ step, client, at: at.toISOString() })),
  };
  return `${JSON.stringify(state, undefined, 2)}\n`;
}

/** Whether a roll-over is under way, forward or back. */
export function isUnderWay(rollOver: RollOver | undefined): rollOver is RollOverUnderWay {
  return rollOver !== undefined && isStep(rollOver.stage);
}

class RollOverStateError extends Error {}

/** The state of a roll-over as a step of a plan. */
export function stateSteps(state: RollOverState): Step[] {
  return [
    { kind: 'write-file', path: rollOverFile, content: formatState(state) },
    { kind: 'set-mode', mode: 0o444, paths: [rollOverFile] },
  ];
}

type StateFields = Readonly<Record<string, unknown>>;

function parseState(value: unknown): RollOverState {
  const state = fieldsOf(value, 'it');
  if (state['version'] !== VERSION)
    throw new RollOverStateError(
      typeof state['version'] === 'number' && state['version'] > VERSION
        ? `its version ${state['version']} is that of a newer program`
        : "its 'version' is not known",
    );
  return {
    stage: stageOf(state['stage'], 'stage'),
    startedAt: dateOf(state['startedAt'], 'startedAt'),
    stageSince: dateOf(state['stageSince'], 'stageSince'),
    old: certificateIn(state['old'], 'old'),
    new: state['new'] === undefined ? undefined : certificateIn(state['new'], 'new'),
    archive: textOf(state['archive'], 'archive', /^archive\/[\w:-][\w.:-]*$/),
    hosts: listOf(state['hosts'], 'hosts').map((host, at) => nameOf(host, `hosts[${at}]`)),
    witnesses: listOf(state['witnesses'], 'witnesses').map((witness, at) => {
      const { client, certificate } = fieldsOf(witness, `witnesses[${at}]`);
      return {
        client: nameOf(client, `witnesses[${at}].client`),
        certificate: certificateIn(certificate, `witnesses[${at}].certificate`),
      };
    }),
    confirmations: listOf(state['confirmations'], 'confirmations').map((confirmation, at) => {
      const { step, client, at: when } = fieldsOf(confirmation, `confirmations[${at}]`);
      return {
        step: stageOf(step, `confirmations[${at}].step`),
        client: nameOf(client, `confirmations[${at}].client`),
        at: dateOf(when, `confirmations[${at}].at`),
      };
    }),
  };
}

function fieldsOf(value: unknown, what: string): StateFields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RollOverStateError(`${what} is not an object`);
  return value as StateFields;
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new RollOverStateError(`'${what}' is not a list`);
  return value;
}

function stageOf(value: unknown, what: string): RollOverStage {
  const stage = rollOverStages.find((one) => one === value);
  if (stage === undefined) throw new RollOverStateError(`'${what}' is not a step of a roll-over`);
  return stage;
}

function nameOf(value: unknown, what: string): string {
  return textOf(value, what, /^[a-z0-9][a-z0-9._-]{0,62}$/);
}

function textOf(value: unknown, what: string, form: RegExp): string {
  if (typeof value !== 'string' || !form.test(value))
    throw new RollOverStateError(`'${what}' is not what a roll-over writes`);
  return value;
}

function dateOf(value: unknown, what: string): Date {
  const date = new Date(textOf(value, what, /^[-\d:.TZ]{20,30}$/));
  if (Number.isNaN(date.getTime())) throw new RollOverStateError(`'${what}' is not a date`);
  return date;
}

function certificateIn(value: unknown, what: string): X509Certificate {
  try {
    return new X509Certificate(textOf(value, what, /^-----BEGIN CERTIFICATE-----[\w\s+/=-]+$/));
  } catch (error) {
    if (error instanceof RollOverStateError) throw error;
    throw new RollOverStateError(`'${what}' is not a certificate`);
  }
}
