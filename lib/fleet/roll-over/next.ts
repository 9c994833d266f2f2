import { InputError, RollOverError, type Unconfirmed } from '../../errors.js';
import { change } from '../../execute/change.js';
import { askOnce } from '../../issue/ask-passphrase.js';
import { askingKeyring } from '../../issue/keyring.js';
import type { Note, Plan, Step } from '../../plan/step.js';
import { planCaRenewal } from '../../renew/plan-ca-renewal.js';
import { parseCaRequest } from '../../renew/renew-ca.js';
import { archiveSteps, newArchiveFolder } from '../../set/archive.js';
import { readSet } from '../../set/certificate-set.js';
import { caFiles } from '../../set/layout.js';
import { parseNow } from '../../x509/validity.js';
import type { Fleet } from '../fleet.js';
import { certificateText, membersOf, pendingFor } from './members.js';
import { observe, type ClientProgress, type HostProgress, type ObserveOptions } from './observe.js';
import { prepare, refuseChanged, type PrepareOptions, type Prepared } from './prepare.js';
import { removeProbe } from './probe-files.js';
import { settle } from './settle.js';
import type { RollOverChange } from './start.js';
import {
  isUnderWay,
  readRollOver,
  rollOverFile,
  stateSteps,
  type Confirmation,
  type RollOver,
  type RollOverUnderWay,
} from './state.js';
import { isStep, stageAfter, type RollOverStage, type RollOverStep } from './steps.js';

/** How to go on with a roll-over. */
export interface NextRollOverRequest extends PrepareOptions, ObserveOptions {
  /** Clients that have the files of the last step, on your word: those whose files are used elsewhere. Default: none. */
  readonly confirmed?: readonly string[] | undefined;
  /** Looks only, and writes nothing. Default: false. */
  readonly dryRun?: boolean | undefined;
}

/** Goes on with a roll-over. Errors: those of `nextRollOver`. */
export async function next(fleet: Fleet, options: NextRollOverRequest): Promise<RollOverChange> {
  const { directory } = fleet.ca;
  const request = { ...options, passphrase: askOnce(options.passphrase) };
  const { dryRun = false, confirmed = [] } = options;
  const now = parseNow(options.now ?? new Date());
  refuseUnknownClients(confirmed, fleet);
  const found = await readUnderWay(directory, options, dryRun);
  const rollOver = await confirm(found, confirmed, { directory, now, dryRun, options });
  const step = rollOver.stage;
  const members = membersOf(fleet, await readSet(directory));
  const pending = pendingFor(step, members, rollOver);
  const lacking = [...new Set([...pending.certificates, ...pending.trust])];
  if (lacking.length > 0) {
    const done: Prepared = dryRun
      ? { prepared: lacking.map(({ role, name }) => ({ role, name })), failed: [], notes: [] }
      : await prepare(fleet, rollOver, step, request);
    return { directory, stage: step, advanced: false, ...done };
  }
  const seen = await observe(directory, members, rollOver, step, now, options);
  refuseUnconfirmed(step, seen.hosts, seen.clients);
  const stage = stageAfter(step);
  if (dryRun) {
    const after = isStep(stage) ? pendingFor(stage, members, rollOver) : { certificates: [], trust: [] };
    const prepared = [...new Set([...after.certificates, ...after.trust])];
    return {
      ...{ directory, stage, advanced: true, failed: [], notes: [] },
      prepared: prepared.map(({ role, name }) => ({ role, name })),
    };
  }
  // With the CA's file all its copies change together.
  const before = isStep(stage) ? pendingFor(stage, members, rollOver).trust : [];
  const { notes } = await advance(directory, rollOver, stage, { ...request, now });
  if (!isStep(stage)) {
    await removeProbe(directory, options);
    return { directory, stage, advanced: true, prepared: [], failed: [], notes };
  }
  const done = await prepare(fleet, { ...rollOver, stage }, stage, request);
  const names = new Map(
    [...before, ...done.prepared].map(({ role, name }) => [`${role} ${name}`, { role, name }] as const),
  );
  for (const { role, name } of done.failed) names.delete(`${role} ${name}`);
  return {
    ...{ directory, stage, advanced: true },
    prepared: [...names.values()],
    failed: done.failed,
    notes: [...notes, ...done.notes],
  };
}

/**
 * The roll-over that is under way. Of one that is over, what a run that was killed has left is removed. Errors: `ERR_ROLL_OVER`;
 * those of `readRollOver`.
 */
export async function readUnderWay(
  directory: string,
  options: PrepareOptions,
  dryRun: boolean,
): Promise<RollOverUnderWay> {
  if (!dryRun) await settle(directory, options);
  const rollOver = await readRollOver(directory);
  if (isUnderWay(rollOver)) return rollOver;
  if (rollOver && !dryRun) await removeProbe(directory, options);
  throw new RollOverError(
    'ERR_ROLL_OVER',
    rollOver ? `no roll-over is under way: the last one is ${rollOver.stage}` : 'no roll-over is under way',
    { hint: 'nothing was changed; start one' },
  );
}

/** Throws `ERR_INPUT`. */
function refuseUnknownClients(names: readonly string[], { clients }: Fleet): void {
  const unknown = names.find((name) => !clients.some((client) => client.name === name));
  if (unknown === undefined) return;
  throw new InputError('confirmed', `the fleet file has no client named ${JSON.stringify(unknown)}`, {
    hint: 'nothing was changed; name clients as the fleet file does',
  });
}

/** Remembers whom a person has confirmed, whatever becomes of the rest. */
async function confirm(
  rollOver: RollOverUnderWay,
  names: readonly string[],
  {
    directory,
    now: at,
    dryRun,
    options,
  }: {
    readonly directory: string;
    readonly now: Date;
    readonly dryRun: boolean;
    readonly options: PrepareOptions;
  },
): Promise<RollOverUnderWay> {
  const step = rollOver.stage;
  const isNew = (client: string): boolean =>
    !rollOver.confirmations.some((one) => one.step === step && one.client === client);
  const added = [...new Set(names)].filter(isNew).map((client): Confirmation => ({ step, client, at }));
  if (added.length === 0) return rollOver;
  const confirmed = { ...rollOver, confirmations: [...rollOver.confirmations, ...added] };
  if (!dryRun)
    await change(directory, options, {
      preview: () => Promise.resolve(undefined),
      plan: async () => {
        await refuseChanged(directory, rollOver);
        return { plan: statePlan(stateSteps(confirmed)), notes: [] };
      },
    });
  return confirmed;
}

/** Throws `ERR_UNCONFIRMED`. */
function refuseUnconfirmed(
  step: RollOverStep,
  hosts: readonly HostProgress[],
  clients: readonly ClientProgress[],
): void {
  const unconfirmed = unconfirmedOf(hosts, clients);
  if (unconfirmed.length === 0) return;
  const names = unconfirmed.slice(0, MOST_NAMED).map(({ name, why }) => `${name}: ${why}`);
  const more = unconfirmed.length - names.length;
  throw new RollOverError(
    'ERR_UNCONFIRMED',
    `not everyone has taken the step ${step}: ${names.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    {
      unconfirmed,
      hint: 'nothing was changed; roll out the files of this step, restart those daemons, confirm clients that cannot be seen, and run it again. A host or client that is gone has to leave the fleet file',
    },
  );
}

const MOST_NAMED = 10;

/** Those who have not taken a step, as far as can be seen. */
export function unconfirmedOf(
  hosts: readonly HostProgress[],
  clients: readonly ClientProgress[],
): Unconfirmed[] {
  const of = (role: Unconfirmed['role'], { name, verdict }: HostProgress | ClientProgress): Unconfirmed[] =>
    verdict.state === 'not-confirmed' || verdict.state === 'unknown'
      ? [{ role, name, why: verdict.why }]
      : [];
  return [
    ...hosts.flatMap((host) => of('server', host)),
    ...clients.flatMap((client) => of('client', client)),
  ];
}

/** Comes to the next stage in one change: the state, and the CA's own file where that changes. */
async function advance(
  directory: string,
  rollOver: RollOver,
  stage: RollOverStage,
  options: PrepareOptions & { readonly now: Date },
): Promise<{ readonly notes: readonly Note[] }> {
  const { now } = options;
  const steps = stateSteps({ ...rollOver, stage, stageSince: now });
  const checked = async (): Promise<void> => {
    await refuseChanged(directory, rollOver);
  };
  if (stage === 'drop-old')
    return change(directory, options, {
      preview: () => Promise.resolve(undefined),
      plan: async () => {
        await checked();
        return planCaRenewal(parseCaRequest({ directory, finish: true, now }, askingKeyring), {
          extend: (plan) =>
            Promise.resolve({
              ...plan,
              steps: [...plan.steps, ...steps],
              replaces: [...plan.replaces, rollOverFile],
            }),
        });
      },
    });
  return change(directory, options, {
    preview: () => Promise.resolve(undefined),
    plan: async () => {
      await checked();
      if (stage !== 'drop-new') return { plan: statePlan(steps), notes: [] };
      return { plan: await oldCaAlone(directory, rollOver, steps, now), notes: [] };
    },
  });
}

/** The old CA alone in the CA's file, as after an abort only it is trusted. */
async function oldCaAlone(
  directory: string,
  { old }: RollOver,
  state: readonly Step[],
  now: Date,
): Promise<Plan> {
  const path = caFiles.certificate;
  const archive = await newArchiveFolder(directory, now);
  const replaced = { path, product: 'certificate', mode: 0o444 } as const;
  return statePlan(
    [
      ...archiveSteps(directory, archive, [replaced], 'fleet roll-over', now),
      { kind: 'write-file', path, content: certificateText([old]) },
      { kind: 'set-mode', mode: 0o444, paths: [path] },
      ...state,
    ],
    [path],
  );
}

/** A plan that changes the state. */
export function statePlan(steps: readonly Step[], replaces: readonly string[] = []): Plan {
  return {
    recipe: 'fleet roll-over',
    steps,
    replaces: [...replaces, rollOverFile],
    notes: [],
    departures: [],
  };
}
