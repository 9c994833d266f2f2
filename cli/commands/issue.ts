import { issue, planIssue, planLines, type Issued, type IssueOptions, type Part } from '../../lib/index.js';
import { confirmNewCa } from '../confirm.js';
import type { RunFlags } from '../flags.js';
import type { Environment } from '../environment.js';
import { passphraseSource, type PassphraseFlags } from '../passphrase.js';
import { describeIssued, describeNote, issuedAsJson } from '../present.js';
import { observeProgress } from '../progress.js';
import { errorStyle, print, resultStyle, say } from '../streams.js';

/** Every flag that `all`, `ca`, `server` and `client` can have; each declares its own. */
export interface IssueFlags extends RunFlags, PassphraseFlags {
  readonly host?: string[] | undefined;
  readonly ip?: string[] | undefined;
  readonly noLocalhost?: boolean | undefined;
  readonly key?: string | undefined;
  readonly days?: string | undefined;
  readonly caDays?: string | undefined;
  readonly clientName?: string | undefined;
  readonly subject?: string | undefined;
  readonly name?: string | undefined;
  readonly force?: readonly Part[] | undefined;
  readonly templates?: string | undefined;
  readonly yes?: boolean | undefined;
}

/** What the four commands share: flags become options, one call into the library, and its result is shown. */
export async function runIssue(
  command: string,
  parts: readonly Part[],
  flags: IssueFlags,
  { signal }: Environment,
): Promise<void> {
  const request = {
    directory: flags.dir,
    hosts: flags.host,
    ips: flags.ip,
    localhost: !flags.noLocalhost,
    key: flags.key,
    days: flags.days,
    caDays: flags.caDays,
    clientName: flags.clientName,
    subject: flags.subject,
    name: flags.name,
    force: flags.force,
    templates: flags.templates,
    passphrase: passphraseSource(flags, signal),
  };
  const loud = !flags.quiet && !flags.json;

  if (flags.dryRun) {
    const { plan, ...planned } = await planIssue(parts, request, { show: true });
    const shown: Issued = { ...planned, made: [], commands: [], openssl: undefined, certificates: {} };
    if (flags.json) print(JSON.stringify(issuedAsJson(command, shown, flags.name, plan), null, 2));
    else {
      if (loud) for (const note of planned.notes) say(describeNote(note, errorStyle()));
      for (const line of planLines(plan)) print(line);
      if (loud && plan.steps.length === 0) print(describeIssued(shown, parts, flags.name, resultStyle()));
    }
    return;
  }

  if (flags.force?.includes('ca')) await confirmNewCa(parts, request, flags.yes ?? false, signal);
  const progress = loud ? observeProgress(flags.verbose ?? false) : undefined;
  const options: IssueOptions = {
    ...request,
    openssl: flags.openssl,
    timeoutMs: flags.timeout * 1000,
    signal,
    observer: progress?.observer,
  };
  const issued = await issue(parts, options).finally(() => progress?.end());
  if (flags.json) print(JSON.stringify(issuedAsJson(command, issued, flags.name), null, 2));
  else if (loud) {
    for (const note of issued.notes) say(describeNote(note, errorStyle()));
    print(describeIssued(issued, parts, flags.name, resultStyle()));
  }
}
