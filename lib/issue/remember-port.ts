import { dirname } from 'node:path';
import type { Note, Step } from '../plan/step.js';
import { endpointFile } from '../set/layout.js';
import { portText, readPort } from '../set/remembered-port.js';
import { TLS_PORT } from '../x509/endpoint.js';
import type { BareIssuePlan, IssuePlan } from './issue-plan.js';

/**
 * Adds to a plan the steps that remember a port that was given, where another one is remembered, and the advice for the port
 * that holds then. `fresh`: as where nothing is. Errors: `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function rememberPort(
  { advise, server, ...planned }: BareIssuePlan,
  given: number | undefined,
  fresh: boolean,
): Promise<Omit<IssuePlan, 'archive'>> {
  const before = fresh ? undefined : await readPort(planned.directory, server);
  const port = given ?? before ?? TLS_PORT;
  const next = advise(port);
  if (given === undefined || given === (before ?? TLS_PORT)) return { ...planned, port, next };
  const { plan } = planned;
  const path = endpointFile(server);
  const note: Note = {
    code: 'PORT_REMEMBERED',
    text: `port ${given} is remembered for the commands that name this daemon`,
  };
  const notes = [...planned.notes, note];
  const steps: Step[] = [
    ...plan.steps,
    ...folderOf(path, plan.steps),
    { kind: 'write-file', path, content: portText(given) },
    { kind: 'set-mode', mode: 0o444, paths: [path] },
  ];
  const replaces = before === undefined ? plan.replaces : [...plan.replaces, path];
  return { ...planned, notes, port, next, plan: { ...plan, steps, replaces, notes } };
}

/** The directory of a further server that stays, which no other step makes. */
function folderOf(file: string, steps: readonly Step[]): Step[] {
  const path = dirname(file);
  const isMade = steps.some((step) => step.kind === 'make-directory' && step.path === path);
  return path === '.' || isMade ? [] : [{ kind: 'make-directory', path }];
}
