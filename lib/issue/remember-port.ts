import { dirname } from 'node:path';
import type { Note, Step } from '../plan/step.js';
import { endpointFile } from '../set/layout.js';
import { portText, readPort } from '../set/remembered-port.js';
import { TLS_PORT } from '../x509/endpoint.js';
import type { BareIssuePlan, IssuePlan } from './issue-plan.js';

/**
 * Adds to a plan the steps that remember a given port, unless it is remembered already, and the advice for that port.
 * `fresh`: as in an empty directory. Errors: `ERR_UNSAFE`, `ERR_FILE`.
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

/** The directory of a named server that stays, which no other step creates. */
function folderOf(file: string, steps: readonly Step[]): Step[] {
  const path = dirname(file);
  const isMade = steps.some((step) => step.kind === 'make-directory' && step.path === path);
  return path === '.' || isMade ? [] : [{ kind: 'make-directory', path }];
}
