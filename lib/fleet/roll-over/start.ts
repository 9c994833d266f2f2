import { join } from 'node:path';
import { DirectoryError, RollOverError } from '../../errors.js';
import { change } from '../../execute/change.js';
import { askOnce } from '../../issue/ask-passphrase.js';
import { askingKeyring, previewKeyring, type Keyring, type KeyringOf } from '../../issue/keyring.js';
import type { Note, Plan } from '../../plan/step.js';
import { recommended, recommendedTemplates } from '../../recipes/recommended.js';
import { loadTemplates } from '../../recipes/templates.js';
import type { CaValues } from '../../renew/ca-change.js';
import { kindOfKey } from '../../renew/leaf-renewal-steps.js';
import { planCaRenewal, type CaOfPlan, type RenewCaPlan } from '../../renew/plan-ca-renewal.js';
import { parseCaRequest, type RenewCaRequest } from '../../renew/renew-ca.js';
import { areSeparateIn } from '../../set/authorities.js';
import { readSet, type CertificateSet } from '../../set/certificate-set.js';
import { caFiles, leafFiles } from '../../set/layout.js';
import { lifetimeOf, notAfter } from '../../x509/certificate.js';
import { isIssuedBy } from '../../x509/issued.js';
import { keyKindOf, parseKeyType } from '../../x509/key-type.js';
import { endsSoon } from '../../x509/life.js';
import { isSameKey } from '../../x509/spki.js';
import { rdn } from '../../x509/subject.js';
import { DAY_MS, day, parseDays } from '../../x509/validity.js';
import type { Fleet } from '../fleet.js';
import { membersOf, type RollOverMember } from './members.js';
import { prepare, type PrepareOptions, type Prepared } from './prepare.js';
import { removeProbe } from './probe-files.js';
import { settle } from './settle.js';
import { isUnderWay, PROBE_NAME, readRollOver, rollOverFile, stateSteps, type Witness } from './state.js';
import type { RollOverStage } from './steps.js';

/** How to start a roll-over. */
export interface StartRollOverRequest extends PrepareOptions, Pick<RenewCaRequest, 'key' | 'days' | 'caKey'> {
  /** Looks only, and writes nothing. Default: false. */
  readonly dryRun?: boolean | undefined;
}

/** What a command did to a roll-over. */
export interface RollOverChange extends Prepared {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** Where the roll-over is now. */
  readonly stage: RollOverStage;
  /** Whether it came to that step now. False where the last step was not prepared completely, and is now. */
  readonly advanced: boolean;
}

/** The probe opens every daemon, and is needed for the time of a roll-over alone. */
const PROBE_DAYS = 90;

/** One is enough, as long as it does not expire. */
const MOST_WITNESSES = 3;

/** Starts the roll-over of a fleet's CA. Errors: those of `startRollOver`. */
export async function start(fleet: Fleet, options: StartRollOverRequest): Promise<RollOverChange> {
  const { directory } = fleet.ca;
  const passphrase = askOnce(options.passphrase);
  const request = { ...options, passphrase };
  if (!options.dryRun) await settle(directory, options);
  const before = await readRollOver(directory);
  if (isUnderWay(before))
    throw new RollOverError(
      'ERR_ROLL_OVER',
      `a roll-over is already under way, at the step ${before.stage}`,
      {
        hint: 'nothing was changed; go on with its next step, or abort it',
      },
    );
  if (options.dryRun) {
    const { notes } = await planStart(fleet, valuesOf(directory, request, previewKeyring));
    const { hosts } = fleet;
    return {
      ...{ directory, stage: 'trust-daemons', advanced: true, failed: [], notes },
      prepared: hosts.map(({ name }) => ({ role: 'server', name })),
    };
  }
  if (before) await removeProbe(directory, options);
  const { notes } = await change(directory, options, {
    preview: () => planStart(fleet, valuesOf(directory, request, previewKeyring)),
    plan: () => planStart(fleet, valuesOf(directory, request, askingKeyring)),
  });
  const rollOver = await readRollOver(directory);
  if (!isUnderWay(rollOver)) throw new TypeError('a roll-over that was started is not there');
  const more = await prepare(fleet, rollOver, 'trust-daemons', request);
  const set = await readSet(directory);
  return {
    directory,
    stage: 'trust-daemons',
    advanced: true,
    prepared: membersOf(fleet, set).flatMap(({ role, name, certificate }) =>
      role === 'server' && certificate ? [{ role, name }] : [],
    ),
    failed: more.failed,
    notes: [...notes, ...more.notes],
  };
}

function valuesOf(
  directory: string,
  { key, days, caKey, passphrase, now, random }: StartRollOverRequest,
  keyring: KeyringOf,
): CaValues {
  return parseCaRequest({ directory, newKey: true, key, days, caKey, passphrase, now, random }, keyring);
}

/** Plans the new CA, the probe that it signs, and the state, all in one change. */
async function planStart(fleet: Fleet, values: CaValues): Promise<RenewCaPlan> {
  const { directory } = fleet.ca;
  const set = await readSet(directory);
  refuseUnfit(fleet, set);
  const hasState = (await readRollOver(directory)) !== undefined;
  const planned = await planCaRenewal(values, {
    // A client's turn comes when every daemon trusts both.
    replacesCopy: (path) => !path.startsWith('clients/'),
    extend: (plan, about) => withProbe(plan, about, { fleet, values, hasState }),
  });
  const others = planned.ofTheOldCa.filter((path) => !isOfFleet(path, fleet));
  return {
    ...planned,
    notes: [
      ...planned.plan.notes.filter(({ code }) => code !== 'ROLL_OVER'),
      ...(others.length === 0 ? [] : [othersNote(others)]),
    ],
  };
}

function othersNote(others: readonly string[]): Note {
  return {
    code: 'ROLL_OVER',
    text: `the fleet file does not name the owners of ${others.join(', ')}: renew or revoke these certificates yourself before the last step`,
  };
}

function isOfFleet(path: string, { hosts, clients }: Fleet): boolean {
  return (
    hosts.some(({ name }) => leafFiles('server', name).certificate === path) ||
    clients.some(({ name }) => leafFiles('client', name).certificate === path)
  );
}

/** Errors: `ERR_ROLL_OVER`, `ERR_CA_UNUSABLE`. */
function refuseUnfit({ clients, ca: { directory } }: Fleet, set: CertificateSet): void {
  if (clients.some(({ name }) => name === PROBE_NAME))
    throw new RollOverError(
      'ERR_ROLL_OVER',
      `a client is named ${PROBE_NAME}, which a roll-over needs itself`,
      {
        hint: 'nothing was changed; give the client another name',
      },
    );
  if (areSeparateIn(set))
    throw new DirectoryError(
      'ERR_CA_UNUSABLE',
      directory,
      `${directory} has separate CAs for servers and clients, which are not rolled over together`,
      { hint: 'nothing was changed; roll each of them over by itself' },
    );
}

interface StartContext {
  readonly fleet: Fleet;
  readonly values: CaValues;
  readonly hasState: boolean;
}

async function withProbe(
  plan: Plan,
  { inventory, signer, archive }: CaOfPlan,
  { fleet, values, hasState }: StartContext,
): Promise<Plan> {
  const { directory } = fleet.ca;
  const { now, keyring, serial, key, caKey, days } = values;
  const { found } = signer;
  if (found.path !== caFiles.certificate)
    throw new DirectoryError(
      'ERR_CA_UNUSABLE',
      join(directory, found.path),
      `the CA of a fleet is ${caFiles.certificate}, and not ${found.path}`,
    );
  const members = membersOf(fleet, inventory);
  const witnesses = witnessesOf(members, inventory, signer, now);
  const expiring = expiryNotes(witnesses, now);
  const { templates } = await loadTemplates('recommended', recommendedTemplates);
  const lifetime = days ?? Math.floor((notAfter(found.certificate).getTime() - now.getTime()) / DAY_MS);
  const probe = recommended({
    ca: {
      ...(signer.key.place === 'token'
        ? keyKindOf(found.certificate.publicKey)
        : kindOfKey(found.certificate, key)),
      keyRef: caKey ?? { kind: 'file', path: signer.key.path },
      passphrase: await passphraseOf(directory, signer, values, keyring),
    },
    leaves: [
      {
        role: 'client',
        name: PROBE_NAME,
        subject: [rdn('CN', PROBE_NAME)],
        key: parseKeyType('ec:p256'),
        days: parseDays(Math.max(1, Math.min(PROBE_DAYS, lifetime - 1)), 'days'),
        serial: serial(),
        altNames: [],
      },
    ],
    templates,
  });
  return {
    ...plan,
    steps: [
      ...plan.steps,
      ...probe.steps,
      ...stateSteps({
        stage: 'trust-daemons',
        startedAt: now,
        stageSince: now,
        old: found.certificate,
        new: undefined,
        archive,
        hosts: members.flatMap(({ role, name, certificate }) =>
          role === 'server' && certificate ? [name] : [],
        ),
        witnesses,
        confirmations: [],
      }),
    ],
    replaces: [...plan.replaces, ...(hasState ? [rollOverFile] : [])],
    notes: [...plan.notes, ...expiring],
  };
}

/** Whether daemons accept clients of the old CA can be seen as long as a client's certificate of it is valid. */
function expiryNotes([best]: readonly Witness[], now: Date): Note[] {
  if (!best || !endsSoon(lifetimeOf(best.certificate), now)) return [];
  const end = day(notAfter(best.certificate));
  return [
    {
      code: 'EXPIRES_SOON',
      text: `the certificate of ${best.client} expires on ${end}: until then the roll-over can see whether daemons accept clients of the old CA, and should be done`,
    },
  ];
}

/** That of the new key, which was asked for already. */
function passphraseOf(
  directory: string,
  { key }: CaOfPlan['signer'],
  { caKey }: CaValues,
  keyring: Keyring,
): ReturnType<Keyring['create']> {
  return caKey ? keyring.token(caKey) : keyring.create(join(directory, key.path));
}

/**
 * The clients of the old CA whose keys are in the directory, those that stay valid longest. Without one, nobody could see whether a daemon
 * accepts that CA. Errors: `ERR_ROLL_OVER`.
 */
function witnessesOf(
  members: readonly RollOverMember[],
  set: CertificateSet,
  { found }: CaOfPlan['signer'],
  now: Date,
): readonly Witness[] {
  const keys = new Map(set.keys.map(({ path, publicKey }) => [path, publicKey]));
  const witnesses = members.flatMap(({ role, name, certificate, files }): Witness[] => {
    if (role !== 'client' || !certificate || notAfter(certificate) <= now) return [];
    const key = keys.get(files.key);
    const isUsable =
      key && isSameKey(key, certificate.publicKey) && isIssuedBy(certificate, found.certificate);
    return isUsable ? [{ client: name, certificate }] : [];
  });
  witnesses.sort((one, other) => notAfter(other.certificate).getTime() - notAfter(one.certificate).getTime());
  const [best] = witnesses;
  if (!best)
    throw new RollOverError(
      'ERR_ROLL_OVER',
      'no client of the fleet has a valid certificate and its key in the certificate directory',
      {
        hint: 'nothing was changed; add a client whose key is made here to the fleet file, and apply it: with its certificate the roll-over sees whether daemons accept clients of the old CA',
      },
    );
  return witnesses.slice(0, MOST_WITNESSES);
}
