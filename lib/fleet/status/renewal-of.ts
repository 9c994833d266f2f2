import type { Lifetime, Within } from '../../x509/life.js';
import type { FleetClient, FleetHost } from '../fleet.js';
import { dueFrom, nextOpening } from '../renewal-time.js';

/** When a certificate is renewed. */
export interface RenewalTimes {
  /** When it becomes due. */
  readonly dueAt: Date;
  /** When its window is open for that, from now on; undefined without a window. */
  readonly renewsAt: Date | undefined;
}

/** When the certificate of a member is renewed. `within`: instead of its own rule, without its jitter. */
export function renewalOf(
  { name, renew }: FleetHost | FleetClient,
  life: Lifetime,
  now: Date,
  within: Within | undefined,
): RenewalTimes {
  const { window } = renew;
  const dueAt = dueFrom(name, within ? { window, within, jitter: 0 } : renew, life);
  return { dueAt, renewsAt: window && nextOpening(window, dueAt > now ? dueAt : now) };
}
