import type { Command } from './command.js';

/** A row of the table: a command, or a word that further ones follow. */
export interface CommandRow {
  /** Its name and its positional words, in yargs' notation. */
  readonly usage: string;
  /** Its line in the help. */
  readonly summary: string;
  /** `--format json` prints the object that `--json` prints. */
  readonly jsonFormat?: true;
  readonly load?: () => Promise<{ readonly command: Command }>;
  readonly commands?: readonly CommandRow[];
  /** The error where none of `commands` follows. */
  readonly missing?: string;
}

/**
 * Every command, in the order of the help: the one table from which the help, the parser and the commands named in errors
 * derive. A command's module is loaded when it is run.
 */
export const commands: readonly CommandRow[] = [
  {
    usage: 'all',
    summary: "Make the CA, a server's and a client's certificate: the whole job",
    load: () => import('./commands/all.js'),
  },
  { usage: 'ca', summary: 'Make the CA alone', load: () => import('./commands/ca.js') },
  {
    usage: 'server',
    summary: "Make a server's certificate with the CA that is there",
    load: () => import('./commands/server.js'),
  },
  {
    usage: 'client',
    summary: "Make a client's certificate with the CA that is there",
    load: () => import('./commands/client.js'),
  },
  {
    usage: 'renew',
    summary: 'Make certificates anew that are due, or that are named',
    // The flags of the one are not those of the other; and no NAME is taken for a mistyped `ca`.
    commands: [
      {
        usage: 'ca',
        summary: 'Give the CA a new certificate, or begin and finish a roll-over to a new CA',
        load: () => import('./commands/renew-ca.js'),
      },
      {
        usage: '$0 [names..]',
        summary: 'Make certificates anew that are due, or that are named',
        load: () => import('./commands/renew.js'),
      },
    ],
  },
  {
    usage: 'rollback',
    summary: 'Bring back what the last renewal replaced',
    load: () => import('./commands/rollback.js'),
  },
  {
    usage: 'passphrase',
    summary: "Add, change or remove a private key's passphrase",
    missing: 'say what is to be done with it: add, change or remove',
    commands: [
      {
        usage: 'add [key]',
        summary: 'Encrypt a private key that is not encrypted',
        load: () => import('./commands/passphrase/add.js'),
      },
      {
        usage: 'change [key]',
        summary: 'Encrypt a private key with another passphrase',
        load: () => import('./commands/passphrase/change.js'),
      },
      {
        usage: 'remove [key]',
        summary: 'Leave a private key unencrypted',
        load: () => import('./commands/passphrase/remove.js'),
      },
    ],
  },
  {
    usage: 'status [directories..]',
    summary: 'List how long each certificate still lives; exit code 3 where one is due, 4 where one is void',
    jsonFormat: true,
    load: () => import('./commands/status.js'),
  },
  {
    usage: 'inspect [path]',
    summary: 'Tell what the certificates in a directory or file are, and what belongs together',
    load: () => import('./commands/inspect.js'),
  },
  {
    usage: 'explain [directory]',
    summary: 'Tell what each client will say to the certificates, or what a message means',
    load: () => import('./commands/explain.js'),
  },
  {
    usage: 'verify [directory]',
    summary: 'Look what is wrong with a certificate directory: files, keys, certificates',
    load: () => import('./commands/verify.js'),
  },
  {
    usage: 'connect [endpoint]',
    summary: 'Look whether a daemon lets the client in, and nobody else',
    load: () => import('./commands/connect.js'),
  },
  {
    usage: 'doctor',
    summary: 'Look what is wrong with this machine: programs, keys, dates, ports, configuration',
    load: () => import('./commands/doctor.js'),
  },
  {
    usage: 'daemon',
    summary: 'Print what a daemon has to be told: as a command line, for daemon.json, for systemd',
    load: () => import('./commands/daemon.js'),
  },
  {
    usage: 'env',
    summary: "Print what a client's shell has to set: eval it",
    load: () => import('./commands/env.js'),
  },
  {
    usage: 'install',
    summary: 'Put the files where Docker looks for them',
    missing: 'say what: install client, or install daemon',
    commands: [
      {
        usage: 'client',
        summary: "Put a client's ca.pem, cert.pem and key.pem into ~/.docker",
        load: () => import('./commands/install-client.js'),
      },
      {
        usage: 'daemon',
        summary: "Put the daemon's files in their place and merge its daemon.json",
        load: () => import('./commands/install-daemon.js'),
      },
    ],
  },
  {
    usage: 'context <context>',
    summary: 'Make a docker context of a client, or bring it up to date',
    load: () => import('./commands/context.js'),
  },
  {
    usage: 'bundle [name]',
    summary: 'Pack what one client or one host needs into a .tar.gz',
    load: () => import('./commands/bundle.js'),
  },
  {
    usage: 'snippet <language>',
    summary: 'Print a piece that reaches the daemon: for curl, Node, Python, Go or Compose',
    load: () => import('./commands/snippet.js'),
  },
  {
    usage: 'modes',
    summary: 'List the ways in which docker speaks TLS, and what each checks',
    load: () => import('./commands/modes.js'),
  },
  {
    usage: 'recipes',
    summary: "List the recipes: our own, and each tutorial's",
    load: () => import('./commands/recipes.js'),
  },
  {
    usage: 'script',
    summary: 'Print what all does as a shell script that needs only openssl and sh',
    load: () => import('./commands/script.js'),
  },
  {
    usage: 'step',
    summary: 'Run one openssl step by itself',
    missing: 'no step was given',
    commands: [
      {
        usage: 'genrsa [numbits]',
        summary: 'Make an RSA private key',
        load: () => import('./commands/step/genrsa.js'),
      },
      {
        usage: 'genpkey',
        summary: 'Make a private key of any kind',
        load: () => import('./commands/step/genpkey.js'),
      },
      {
        usage: 'req',
        summary: 'Make a certificate signing request (CSR)',
        load: () => import('./commands/step/req.js'),
      },
      {
        usage: 'req-x509',
        summary: "Make a self-signed certificate, such as a CA's",
        load: () => import('./commands/step/req-x509.js'),
      },
      {
        usage: 'x509-req',
        summary: 'Sign a CSR with a CA',
        load: () => import('./commands/step/x509-req.js'),
      },
      {
        usage: 'rsa',
        summary: 'Rewrite an RSA private key: without its passphrase, with another, in another form',
        load: () => import('./commands/step/rsa.js'),
      },
      {
        usage: 'pkey',
        summary: 'Rewrite a private key of any kind: without its passphrase, or with another',
        load: () => import('./commands/step/pkey.js'),
      },
      {
        usage: 'verify <certificate>',
        summary: 'Verify a certificate',
        load: () => import('./commands/step/verify.js'),
      },
    ],
  },
  {
    usage: 'uninstall',
    summary: 'Take back what install did',
    missing: 'say what: uninstall daemon',
    commands: [
      {
        usage: 'daemon',
        summary: 'Bring daemon.json and the unit back to what they were, and remove what was installed',
        load: () => import('./commands/uninstall-daemon.js'),
      },
    ],
  },
];

/** The name in a row's usage. */
export function nameOf({ usage }: CommandRow): string {
  return usage.split(' ', 1)[0] ?? usage;
}
