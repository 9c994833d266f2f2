import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import { parseDirectory } from '../../set/layout.js';
import { readRegular } from '../../store/read-regular.js';
import { refuseOthers, refuseToReplace } from '../../store/safety.js';
import { isStep, rollOverStages, type RollOverStage } from './steps.js';

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
  /** The certificate of each CA. */
  readonly old: X509Certificate;
  readonly new: X509Certificate;
  /** The folder of the archive with the old CA and its key, relative to the directory. */
  readonly archive: string;
  /** The hosts that had a certificate when it started. */
  readonly hosts: readonly string[];
  /** Clients of the old CA whose keys are in the directory: they show whether daemons accept that CA. */
  readonly witnesses: readonly Witness[];
  readonly confirmations: readonly Confirmation[];
}

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
 * @throws `ERR_UNSAFE`, `ERR_EXISTS`: others could change it, or it is no file.
 */
export async function readRollOver(directory: string): Promise<RollOver | undefined> {
  const path = join(parseDirectory(directory), rollOverFile);
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
  try {
    return parseState(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof StateError ? cause.message : 'it is not JSON';
    throw new DirectoryError('ERR_FILE', path, `${path} is not the state of a roll-over: ${why}`, {
      cause,
      hint,
    });
  }
}

/** A roll-over as its file has it. */
export function formatRollOver(rollOver: RollOver): string {
  const { stage, startedAt, stageSince, archive, hosts, witnesses, confirmations } = rollOver;
  const state = {
    version: VERSION,
    stage,
    startedAt: startedAt.toISOString(),
    stageSince: stageSince.toISOString(),
    old: rollOver.old.toString(),
    new: rollOver.new.toString(),
    archive,
    hosts,
    witnesses: witnesses.map(({ client, certificate }) => ({ client, certificate: certificate.toString() })),
    confirmations: confirmations.map(({ step, client, at }) => ({ step, client, at: at.toISOString() })),
  };
  return `${JSON.stringify(state, undefined, 2)}\n`;
}

/** Whether a roll-over is under way, forward or back. */
export function isUnderWay(rollOver: RollOver | undefined): rollOver is RollOver {
  return rollOver !== undefined && isStep(rollOver.stage);
}

class StateError extends Error {}

type Fields = Readonly<Record<string, unknown>>;

function parseState(value: unknown): RollOver {
  const state = fieldsOf(value, 'it');
  if (state['version'] !== VERSION)
    throw new StateError(
      typeof state['version'] === 'number' && state['version'] > VERSION
        ? `its version ${state['version']} is that of a newer program`
        : "its 'version' is not known",
    );
  return {
    stage: stageOf(state['stage'], 'stage'),
    startedAt: dateOf(state['startedAt'], 'startedAt'),
    stageSince: dateOf(state['stageSince'], 'stageSince'),
    old: certificateIn(state['old'], 'old'),
    new: certificateIn(state['new'], 'new'),
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

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new StateError(`${what} is not an object`);
  return value as Fields;
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new StateError(`'${what}' is not a list`);
  return value;
}

function stageOf(value: unknown, what: string): RollOverStage {
  const stage = rollOverStages.find((one) => one === value);
  if (stage === undefined) throw new StateError(`'${what}' is not a step of a roll-over`);
  return stage;
}

function nameOf(value: unknown, what: string): string {
  return textOf(value, what, /^[a-z0-9][a-z0-9._-]{0,62}$/);
}

function textOf(value: unknown, what: string, form: RegExp): string {
  if (typeof value !== 'string' || !form.test(value))
    throw new StateError(`'${what}' is not what a roll-over writes`);
  return value;
}

function dateOf(value: unknown, what: string): Date {
  const date = new Date(textOf(value, what, /^[-\d:.TZ]{20,30}$/));
  if (Number.isNaN(date.getTime())) throw new StateError(`'${what}' is not a date`);
  return date;
}

function certificateIn(value: unknown, what: string): X509Certificate {
  try {
    return new X509Certificate(textOf(value, what, /^-----BEGIN CERTIFICATE-----[\w\s+/=-]+$/));
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw new StateError(`'${what}' is not a certificate`);
  }
}
