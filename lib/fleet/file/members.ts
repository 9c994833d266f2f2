import { USUAL_WITHIN, type Within } from '../../x509/life.js';
import { parseKeyType } from '../../x509/key-type.js';
import { parseDays, type Days } from '../../x509/validity.js';
import type { KeyLocation, MaintenanceWindow, RenewalRule } from '../fleet.js';
import { parseWindow } from '../maintenance-window.js';
import { tryParse, type ReadKeys } from './fields.js';
import type { FilePlace, Located } from './file-node.js';
import type { fleetFile } from './fleet-keys.js';
import type { Problems } from './problems.js';

/** What the keys of a file give. */
export type FleetTop = ReadKeys<(typeof fleetFile)['keys']>;
export type ReadHost = NonNullable<FleetTop['hosts']>['value'][number]['value'];
export type ReadClient = NonNullable<FleetTop['clients']>[number]['value'];
export type ReadDefaults = NonNullable<FleetTop['defaults']>;

const usualKey = parseKeyType('rsa:4096');
const usualDays = parseDays(365, 'days');
export const usualCaDays = parseDays(3650, 'days');
export const usualCaKey = usualKey;

/** What a host and a client have in common. */
interface MemberValues {
  readonly key: ReturnType<typeof parseKeyType>;
  readonly days: Days;
  readonly renew: RenewalRule;
}

/** Fills in what a host does not say. */
export function hostValues(
  host: ReadHost,
  defaults: ReadDefaults | undefined,
  place: FilePlace,
  problems: Problems,
): MemberValues & { readonly keys: KeyLocation } {
  const usual = defaults?.renew;
  const window = host.renew?.window ?? usual?.window;
  const timeZone = host.renew?.timezone ?? usual?.timezone;
  return {
    ...memberValues(host, defaults, window && windowOf(window, timeZone), place, problems),
    keys: (host.keys ?? defaults?.keys)?.value ?? 'on-host',
  };
}

/** A window that was wrong in the defaults has been reported there. */
function windowOf({ value }: Located<string>, timeZone: string | undefined): MaintenanceWindow | undefined {
  try {
    return parseWindow(value, timeZone);
  } catch {
    return undefined;
  }
}

export function refuseWindow(window: Located<string> | undefined, problems: Problems): void {
  if (window) tryParse(() => parseWindow(window.value, undefined), window.place, problems);
}

/** Fills in what a client does not say. */
export function clientValues(
  client: ReadClient,
  defaults: ReadDefaults | undefined,
  place: FilePlace,
  problems: Problems,
): MemberValues & { readonly keys: KeyLocation } {
  return {
    ...memberValues(client, defaults, undefined, place, problems),
    keys: client.keys?.value ?? 'on-controller',
  };
}

function memberValues(
  member: ReadHost | ReadClient,
  defaults: ReadDefaults | undefined,
  window: MaintenanceWindow | undefined,
  place: FilePlace,
  problems: Problems,
): MemberValues {
  const days = member.days ?? defaults?.days;
  const within = member.renew?.within ?? defaults?.renew?.within;
  const jitter = member.renew?.jitter ?? defaults?.renew?.jitter;
  const values = {
    key: member.key ?? defaults?.key ?? usualKey,
    days: days?.value ?? usualDays,
    renew: { within: within?.value ?? USUAL_WITHIN, jitter: jitter?.value ?? 0, window },
  };
  // Else it would be due on the day it is made, and renewed at every run.
  if (shareOf(values.renew.within, values.days) + values.renew.jitter / 100 >= 1)
    problems.add(
      (within ?? jitter ?? days)?.place ?? place,
      `a certificate of ${values.days} days would be due on the day it is made`,
      'renew it later, make it for more days, or reduce the jitter',
    );
  return values;
}

/** How much of the lifetime is left when a certificate is due, from 0 to 1. */
function shareOf(within: Within, days: Days): number {
  const byDays = 'days' in within ? within.days / days : Infinity;
  const byPercent = 'percent' in within ? within.percent / 100 : Infinity;
  return Math.min(byDays, byPercent);
}
