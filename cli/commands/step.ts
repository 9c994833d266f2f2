import type { Argv } from 'yargs';
import {
  ciphers,
  commandLine,
  digests,
  genpkey,
  genpkeyStep,
  genrsa,
  genrsaStep,
  keyTypeNames,
  Passphrase,
  pkey,
  pkeyStep,
  purposes,
  req,
  reqStep,
  reqX509,
  reqX509Step,
  rsa,
  rsaStep,
  verify,
  verifyStep,
  x509Req,
  x509ReqStep,
  type OpensslStep,
  type StepOptions,
  type StepResult,
} from '../../lib/index.js';
import { executionFlags, openModesFlag, type RunFlags } from '../flags.js';
import type { Environment } from '../environment.js';
import { passphraseArgument } from '../passphrase.js';
import { describeStep } from '../present.js';
import { sayNotes } from '../notes.js';
import { observeProgress } from '../progress.js';
import { print, printExactly, printJson } from '../streams.js';

/** `step genrsa …`: each of openssl's commands that the job is made of, by itself, with its own flags. */
export function stepCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command('step', 'Run one openssl step by itself', (steps) =>
    [
      genrsaCommand,
      genpkeyCommand,
      reqCommand,
      reqX509Command,
      x509ReqCommand,
      rsaCommand,
      pkeyCommand,
      verifyCommand,
    ]
      .reduce<Argv>((built, command) => command(built, environment), steps)
      .demandCommand(1, 1, 'no step was given', 'no step was given'),
  );
}

const group = "openssl's own:";
const text = (describe: string) => ({ type: 'string', requiresArg: true, describe, group }) as const;
const needed = (describe: string) => ({ ...text(describe), demandOption: true }) as const;
const flag = (describe: string) => ({ type: 'boolean', describe, group }) as const;

const out = { out: needed('The file that is written') } as const;
const passin = { passin: text('What opens the private key: file:PATH, fd:N or stdin') } as const;
const passout = { passout: text('Encrypts the private key: file:PATH, fd:N or stdin') } as const;
const cipher = Object.fromEntries(ciphers.map((name) => [name, flag(`Encrypt with ${name}`)])) as Record<
  (typeof ciphers)[number],
  ReturnType<typeof flag>
>;
const digest = Object.fromEntries(digests.map((name) => [name, flag(`Sign with ${name}`)])) as Record<
  (typeof digests)[number],
  ReturnType<typeof flag>
>;
const days = { days: text('Lifetime in days') } as const;
const serial = { set_serial: text('The serial number in hexadecimal') } as const;
const extensions = { extensions: text('The section with the extensions') } as const;
const request = {
  key: needed('The private key'),
  ...passin,
  subj: text('The subject: /C=DE/CN=client'),
  config: text('A configuration file with the subject and the extensions'),
  ...digest,
} as const;
const common = {
  ...executionFlags,
  overwrite: { ...flag('Replace the output file if it exists'), group: 'Running:' },
} as const;
/** For what writes a private key. */
const ofKey = { ...common, ...openModesFlag } as const;

/** The one flag of several that was given. */
function chosen<Name extends string>(
  names: readonly Name[],
  flags: Readonly<Partial<Record<Name, unknown>>>,
): Name | undefined {
  return names.find((name) => flags[name] === true);
}

interface SecretFlags {
  readonly passin?: string | undefined;
  readonly passout?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Passphrases are read only when something runs: a dry run needs none of them. */
async function secrets({ passin, passout, dryRun }: SecretFlags, { signal }: Environment) {
  const read = async (text: string | undefined, flag: string): Promise<Passphrase | undefined> =>
    text === undefined ? undefined : dryRun ? Passphrase.unknown() : passphraseArgument(text, flag, signal);
  return { passin: await read(passin, 'passin'), passout: await read(passout, 'passout') };
}

type CommonFlags = Omit<RunFlags, 'dir' | 'lockTimeout'> & { readonly overwrite?: boolean | undefined };

/** Shows the step, or runs it and shows what came of it. */
async function show<Options extends object>(
  command: string,
  options: Options,
  plan: (options: Options) => OpensslStep,
  run: (options: Options & StepOptions) => Promise<StepResult>,
  flags: CommonFlags,
  { signal }: Environment,
): Promise<void> {
  const step = plan(options);
  const loud = !flags.quiet && !flags.json;
  if (flags.dryRun) {
    const json = { ok: true, command, dryRun: true, path: null, commands: [commandLine(step)], notes: [] };
    if (flags.json) printJson(json);
    else printExactly(commandLine(step));
    return;
  }
  const observer = loud && flags.verbose ? observeProgress(true).observer : undefined;
  const { path, notes } = await run({
    ...options,
    openssl: flags.openssl,
    timeoutMs: flags.timeout * 1000,
    overwrite: flags.overwrite,
    allowOpenModes: flags.allowOpenModes,
    signal,
    observer,
  });
  if (flags.json)
    printJson({ ok: true, command, dryRun: false, path: path || null, commands: [commandLine(step)], notes });
  else if (loud) {
    sayNotes(notes);
    print(path ? describeStep(path) : `${step.title}: OK`);
  }
}

function genrsaCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'genrsa [numbits]',
    'Make an RSA private key',
    (command) =>
      command
        .positional('numbits', { type: 'string', default: '4096', describe: 'Its size in bits' })
        .options({ ...out, ...passout, ...cipher, traditional: flag('PKCS#1 instead of PKCS#8'), ...ofKey }),
    async (flags) => {
      const { passout } = await secrets(flags, environment);
      const { out, traditional, numbits } = flags;
      return show(
        'step genrsa',
        { out, traditional, bits: numbits, cipher: chosen(ciphers, flags), passout },
        genrsaStep,
        genrsa,
        flags,
        environment,
      );
    },
  );
}

function genpkeyCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'genpkey',
    'Make a private key of any kind',
    (command) =>
      command.options({
        algorithm: needed(`The kind of the key: ${keyTypeNames.join(', ')}`),
        ...out,
        ...passout,
        ...cipher,
        ...ofKey,
      }),
    async (flags) => {
      const { passout } = await secrets(flags, environment);
      const { out, algorithm } = flags;
      return show(
        'step genpkey',
        { out, algorithm, cipher: chosen(ciphers, flags), passout },
        genpkeyStep,
        genpkey,
        flags,
        environment,
      );
    },
  );
}

function reqCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'req',
    'Make a certificate signing request (CSR)',
    (command) => command.options({ ...request, ...out, ...common }),
    async (flags) => {
      const { passin } = await secrets(flags, environment);
      const { key, subj, config, out } = flags;
      return show(
        'step req',
        { key, subj, config, out, digest: chosen(digests, flags), passin },
        reqStep,
        req,
        flags,
        environment,
      );
    },
  );
}

function reqX509Command(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'req-x509',
    "Make a self-signed certificate, such as a CA's",
    (command) => command.options({ ...request, ...days, ...serial, ...extensions, ...out, ...common }),
    async (flags) => {
      const { passin } = await secrets(flags, environment);
      const { key, subj, config, out, days, extensions, set_serial: setSerial } = flags;
      const options = {
        key,
        subj,
        config,
        out,
        days,
        extensions,
        setSerial,
        digest: chosen(digests, flags),
        passin,
      };
      return show('step req-x509', options, reqX509Step, reqX509, flags, environment);
    },
  );
}

function x509ReqCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'x509-req',
    'Sign a CSR with a CA',
    (command) =>
      command.options({
        in: needed('The CSR'),
        CA: needed("The CA's certificate"),
        CAkey: needed("The CA's private key"),
        ...passin,
        ...days,
        ...serial,
        extfile: text('The file with the extensions'),
        ...extensions,
        ...digest,
        ...out,
        ...common,
      }),
    async (flags) => {
      const { passin } = await secrets(flags, environment);
      const { CA: ca, CAkey: caKey, out, days, extfile, extensions, set_serial: setSerial } = flags;
      const options = {
        in: flags.in,
        ca,
        caKey,
        out,
        days,
        extfile,
        extensions,
        setSerial,
        digest: chosen(digests, flags),
        passin,
      };
      return show('step x509-req', options, x509ReqStep, x509Req, flags, environment);
    },
  );
}

function rsaCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'rsa',
    'Rewrite an RSA private key: without its passphrase, with another, in another form',
    (command) =>
      command.options({
        in: needed('The private key that is read'),
        ...passin,
        ...out,
        ...passout,
        ...cipher,
        traditional: flag('PKCS#1 instead of PKCS#8'),
        ...ofKey,
      }),
    async (flags) => {
      const { out, traditional } = flags;
      return show(
        'step rsa',
        {
          in: flags.in,
          out,
          traditional,
          cipher: chosen(ciphers, flags),
          ...(await secrets(flags, environment)),
        },
        rsaStep,
        rsa,
        flags,
        environment,
      );
    },
  );
}

function pkeyCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'pkey',
    'Rewrite a private key of any kind: without its passphrase, or with another',
    (command) =>
      command.options({
        in: needed('The private key that is read'),
        ...passin,
        ...out,
        ...passout,
        ...cipher,
        ...ofKey,
      }),
    async (flags) => {
      const { out } = flags;
      return show(
        'step pkey',
        { in: flags.in, out, cipher: chosen(ciphers, flags), ...(await secrets(flags, environment)) },
        pkeyStep,
        pkey,
        flags,
        environment,
      );
    },
  );
}

function verifyCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'verify <certificate>',
    'Verify a certificate',
    (command) =>
      command
        .positional('certificate', { type: 'string', demandOption: true, describe: 'The certificate' })
        .options({
          CAfile: needed("The CA's certificate, or several"),
          purpose: { choices: purposes, requiresArg: true, describe: 'What it is to be used for', group },
          x509_strict: flag('As strict as Python 3.13'),
          verify_hostname: text('A host name that it must be for'),
          verify_ip: text('An address that it must be for'),
          ...common,
        }),
    (flags) => {
      const {
        certificate,
        CAfile: caFile,
        purpose,
        x509_strict: x509Strict,
        verify_hostname: verifyHostname,
        verify_ip: verifyIp,
      } = flags;
      return show(
        'step verify',
        { in: certificate, caFile, purpose, x509Strict, verifyHostname, verifyIp },
        verifyStep,
        verify,
        flags,
        environment,
      );
    },
  );
}
