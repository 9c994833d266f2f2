/** Checked by `npm run typecheck`, and never run: options of steps, their values and their results. */
import type { X509Certificate } from 'node:crypto';
import { argv } from '../../lib/plan/command-line.js';
import { artifactsOf, type Artifact, type OpensslStep } from '../../lib/internal.js';
import {
  commandLine,
  execute,
  genpkey,
  genrsa,
  genrsaStep,
  req,
  reqX509,
  rsa,
  verify,
  verifyStep,
  x509Req,
  type Execution,
  type GenrsaOptions,
  type Plan,
  type Step,
  type StepEvent,
  type StepResult,
} from '../../lib/index.js';
import type { Arg } from '../../lib/plan/step.js';
import type { Capability } from '../../lib/openssl/capabilities.js';
import type { Cipher } from '../../lib/steps/encryption.js';
import type { Digest } from '../../lib/steps/req.js';
import type { Purpose } from '../../lib/steps/verify.js';

// A missing option is an error of the compiler.
// @ts-expect-error `out` is missing.
export const genrsaWithout = genrsa({ bits: 2048 });
// @ts-expect-error `out` is missing.
export const genrsaStepWithout = genrsaStep({});
// @ts-expect-error `out` is missing.
export const genpkeyWithout = genpkey({ algorithm: 'ec:p256' });
// @ts-expect-error `algorithm` is missing.
export const genpkeyKindless = genpkey({ out: 'key.pem' });
// @ts-expect-error `out` is missing.
export const reqWithout = req({ key: 'key.pem', subj: '/CN=client' });
// @ts-expect-error `key` is missing.
export const reqKeyless = req({ subj: '/CN=client', out: 'client.csr' });
// @ts-expect-error `out` is missing.
export const reqX509Without = reqX509({ key: 'ca-key.pem' });
// @ts-expect-error `out` is missing.
export const x509ReqWithout = x509Req({ in: 'client.csr', ca: 'ca.pem', caKey: 'ca-key.pem' });
// @ts-expect-error `caKey` is missing.
export const x509ReqKeyless = x509Req({ in: 'client.csr', ca: 'ca.pem', out: 'cert.pem' });
// @ts-expect-error `out` is missing.
export const rsaWithout = rsa({ in: 'key.pem' });
// @ts-expect-error `caFile` is missing.
export const verifyWithout = verify({ in: 'cert.pem' });
// @ts-expect-error A misspelt option is no option.
export const misspelt = genrsa({ out: 'key.pem', bit: 2048 });
// @ts-expect-error A size is a number.
export const sized = genrsa({ out: 'key.pem', bits: true });

export const cipher: Cipher = 'aes256';
export const digest: Digest = 'sha256';
export const purpose: Purpose = 'sslserver';
// @ts-expect-error Today's clients refuse SHA-1.
export const oldDigest: Digest = 'sha1';
// @ts-expect-error There is no such cipher.
export const oldCipher: Cipher = 'des';
// @ts-expect-error There is no such purpose.
export const wrongPurpose: Purpose = 'smime';

// Options may be undefined, as flags of a command line are.
export const undefinedOptions: GenrsaOptions = { out: 'key.pem', bits: undefined, passout: undefined };

// What comes of it.
export async function results(): Promise<string> {
  const key: StepResult = await genrsa({ out: 'key.pem' });
  const ca = await reqX509({ key: 'ca-key.pem', subj: '/CN=CA', days: 3650, out: 'ca.pem' });
  const certificate: X509Certificate = ca.certificate;
  const signed = await x509Req({ in: 'a.csr', ca: 'ca.pem', caKey: 'ca-key.pem', out: 'cert.pem' });
  const commands: readonly string[] = signed.commands;
  return `${key.path} ${certificate.subject} ${signed.certificate.serialNumber} ${commands.join()}`;
}

// @ts-expect-error A key has no certificate.
export type NoCertificate = StepResult['certificate'];

// A step is a plain value.
export const step: OpensslStep = verifyStep({ in: 'cert.pem', caFile: 'ca.pem', purpose: 'sslclient' });
export const line: string = commandLine(step);
export const words: string[] = argv(step, { reads: (path) => path, writes: (path) => path });
// @ts-expect-error Only openssl's own steps are a command line.
export const noLine = commandLine({ kind: 'remove', paths: ['client.csr'] });
// @ts-expect-error There is no such command.
export const noCommand: OpensslStep = { kind: 'openssl', title: 'a', command: 's_client', args: [] };
export const arg: Arg = { reads: 'ca.pem' };
// @ts-expect-error A passphrase stands in a step as its value, never as text.
export const secret: Arg = { passphrase: 'correct horse' };
export const capability: Capability = 'ed25519';

/** The kind of a step narrows what it has; all kinds are handled. */
export function describe(each: Step): string {
  switch (each.kind) {
    case 'openssl':
      return each.title;
    case 'write-file':
      return each.content;
    case 'echo':
      return each.text;
    case 'make-directory':
      return each.path;
    case 'copy-file':
      return each.from;
    case 'concatenate':
      return each.from.join();
    case 'put-files':
      return each.files.map(({ path }) => path).join();
    case 'set-mode':
      return each.mode.toFixed();
    case 'remove':
      return each.paths.join();
    case 'check':
      return each.serial ?? each.role;
    case 'check-signed':
      return each.issuer;
    case 'check-crl':
      return each.crl;
    case 'record':
      return each.index;
    case 'check-key':
      return each.publicKey;
  }
}

/** So does the type of an event. */
export function observe(event: StepEvent): number {
  switch (event.type) {
    case 'plan':
      return event.plan.steps.length + (event.openssl?.version.major ?? 0);
    case 'start':
      return event.index;
    case 'done':
      return event.ms + event.stderr.length;
  }
}

// @ts-expect-error A plan has no index.
export type NoIndex = Extract<StepEvent, { type: 'plan' }>['index'];
// @ts-expect-error What begins has taken no time yet.
export type NoTime = Extract<StepEvent, { type: 'start' }>['ms'];
// @ts-expect-error There is no such event.
export const event: StepEvent['type'] = 'failed';

export const plan: Plan = { recipe: 'mine', steps: [step], replaces: [], notes: [], departures: [] };
export const artifacts: Artifact[] = artifactsOf(plan);
export const executed: Promise<Execution> = execute(plan, {
  directory: 'docker-tls',
  observer: () => undefined,
});
// @ts-expect-error A plan needs a directory.
export const nowhere = execute(plan, {});

export function change(own: Plan): void {
  // @ts-expect-error A plan does not change.
  own.steps[0] = step;
}
