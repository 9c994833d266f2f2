import { randomBytes } from 'node:crypto';
import { InputError } from '../../errors.js';
import { controlNames, parseControl, type RunControl } from '../../execute/run-control.js';
import { givenFlag, givenPath, givenTexts } from '../../given.js';
import { askOnce } from '../../issue/ask-passphrase.js';
import type { IssueRequest } from '../../issue/options.js';
import { readPassphrase } from '../../issue/options.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { parseNow } from '../../x509/validity.js';
import { serialFromBytes, type Serial } from '../../x509/serial.js';
import type { CaPassphrase } from '../plan/ca-request.js';
import type { FleetObserver } from './fleet-events.js';

/** How a fleet is run. */
export type FleetControl = Omit<RunControl, 'observer'> & {
  /** Gets an event for each host and client, and for how far it has come. What it throws stops the work. Default: none. */
  readonly observer?: FleetObserver | undefined;
};

/** What `signFleet` takes, too. */
export interface SignFleetRequest {
  /** Opens the CA's private key. */
  readonly passphrase?: IssueRequest['passphrase'];
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
  /** Returns random bytes for serial numbers. Default: `crypto.randomBytes`. */
  readonly random?: ((size: number) => Uint8Array) | undefined;
  /** A directory with openssl configurations that replace those of the recipe `recommended`. Default: none. */
  readonly templates?: string | undefined;
}

/** What `applyFleet` takes. */
export interface ApplyFleetRequest extends SignFleetRequest {
  /** Renews what is due also outside the maintenance windows. Default: false. */
  readonly ignoreWindow?: boolean | undefined;
  /** Revokes hosts and clients that the fleet file does not name, and moves their files to the archive. Default: false. */
  readonly prune?: boolean | undefined;
  /** Writes a `.tar.gz` for each host and client whose key is here into this directory. Default: none is written. */
  readonly bundle?: string | undefined;
}

export type ApplyFleetOptions = ApplyFleetRequest & FleetControl;
export type SignFleetOptions = SignFleetRequest &
  FleetControl & {
    /** The hosts and clients whose CSRs are signed. Default: all. */
    readonly hosts?: readonly string[] | undefined;
  };

const signNames: OptionNames<SignFleetRequest> = {
  passphrase: true,
  now: true,
  random: true,
  templates: true,
};

const applyNames: OptionNames<ApplyFleetRequest> = {
  ...signNames,
  ignoreWindow: true,
  prune: true,
  bundle: true,
};

/** What to run, after parsing. */
export interface FleetRunValues {
  readonly control: Omit<RunControl, 'observer'>;
  readonly observer: FleetObserver | undefined;
  readonly passphrase: Exclude<CaPassphrase, string>;
  /** The time that was given, or the machine's. */
  readonly clock: () => Date;
  readonly serial: () => Serial;
  readonly templates: string | undefined;
  readonly ignoreWindow: boolean;
  readonly prune: boolean;
  readonly bundle: string | undefined;
  /** Only the CSRs of these are signed, or of all where none is named; undefined for everything that `applyFleet` does. */
  readonly only: readonly string[] | undefined;
}

/** Throws `ERR_INPUT`. */
export function parseApplyOptions(options: ApplyFleetOptions): FleetRunValues {
  refuseUnknown(options, { ...applyNames, ...controlNames });
  const { ignoreWindow = false, prune = false, bundle } = options;
  return {
    ...runValues(options),
    ignoreWindow: givenFlag(ignoreWindow, 'ignoreWindow'),
    prune: givenFlag(prune, 'prune'),
    bundle: bundle === undefined ? undefined : givenPath(bundle, 'bundle'),
    only: undefined,
  };
}

/** Throws `ERR_INPUT`. */
export function parseSignFleetOptions(options: SignFleetOptions): FleetRunValues {
  refuseUnknown(options, { ...signNames, ...controlNames, hosts: true });
  const { hosts = [] } = options;
  return {
    ...runValues(options),
    ignoreWindow: false,
    prune: false,
    bundle: undefined,
    only: givenTexts(hosts, 'hosts'),
  };
}

function runValues({
  observer,
  passphrase,
  now,
  random = randomBytes,
  templates,
  ...control
}: SignFleetOptions): Pick<
  FleetRunValues,
  'control' | 'observer' | 'passphrase' | 'clock' | 'serial' | 'templates'
> {
  if (observer !== undefined && typeof (observer as unknown) !== 'function')
    throw new InputError('observer', 'observer is not a function');
  const given = now === undefined ? undefined : parseNow(now);
  return {
    control: parseControl(control),
    observer,
    passphrase: readPassphrase(askOnce(passphrase)),
    clock: given === undefined ? () => new Date() : () => given,
    serial: () => serialFromBytes(random(16)),
    templates: templates === undefined ? undefined : givenPath(templates, 'templates'),
  };
}
