import { fleetStatusPage, statusPage, type FleetStatus, type Status } from '../lib/index.js';
import { writeStatus } from '../lib/internal.js';
import { spelled } from './own-command.js';
import { printTexts } from './streams.js';

/** Pages for a browser, loaded when one is asked for. Each is written to a file, whole or not at all; `-` is stdout. */

export async function putStatusPage(target: string, found: Status): Promise<void> {
  await put(target, await statusPage(found, { spell: spelled }));
}

/** `file`: the fleet file as it was named. */
export async function putFleetStatusPage(
  target: string,
  found: FleetStatus,
  file: string | undefined,
): Promise<void> {
  await put(target, fleetStatusPage(found, { file, spell: spelled }));
}

async function put(target: string, page: string): Promise<void> {
  if (target === '-') printTexts([page.trimEnd()]);
  else await writeStatus(target, page);
}
