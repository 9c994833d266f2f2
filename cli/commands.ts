import type { Command } from './command.js';

/** The headings of the program's help, in order. */
export const groups = [
  'Create',
  'Renew',
  'Revoke',
  'Check',
  'Docker host',
  'Client',
  'Fleet',
  'Tools',
] as const;

/** A row of the table: a command, or a word that further ones follow. */
export interface CommandRow {
  /** Its name and its positional words, in yargs' notation. */
  readonly usage: string;
  /** Its line in the help. */
  readonly summary: string;
  /** Its heading in the program's help. Without one, `commands` have theirs. */
  readonly group?: (typeof groups)[number];
  /** `--format json` prints the object that `--json` prints. */
  readonly jsonFormat?: true;
  readonly load?: () => Promise<{ readonly command: Command }>;
  readonly commands?: readonly CommandRow[];
  /** 2 says something else than wrong usage, which is a failure then. */
  readonly twoIsAnAnswer?: true;
  /** The error where none of `commands` follows. */
  readonly missing?: string;
}

/**
 * Every command, in the order of the help: the one table from which the help, the parser and the commands named in errors
 * derive. A command's module is loaded when it is run.
 */
export const commands: readonly CommandRow[] = [
  {
    usage: 'all [hosts..]',
    group: 'Create',
    summary: 'Create the CA and the certificates of a server and a client',
    load: () => import('./commands/all.js'),
  },
  { usage: 'ca', group: 'Create', summary: 'Create only the CA', load: () => import('./commands/ca.js') },
  {
    usage: 'server',
    group: 'Create',
    summary: 'Create a server certificate with the existing CA',
    load: () => import('./commands/server.js'),
  },
  {
    usage: 'client',
    group: 'Create',
    summary: 'Create a client certificate with the existing CA',
    load: () => import('./commands/client.js'),
  },
  {
    usage: 'script',
    group: 'Create',
    summary: 'Print the steps of all as a portable shell script',
    load: () => import('./commands/script.js'),
  },
  {
    usage: 'csr',
    summary: 'Create a private key and a CSR where the key is to stay',
    missing: 'no role was given: expected server or client',
    commands: [
      {
        usage: 'server',
        group: 'Create',
        summary: "Create a server's private key and a CSR for it",
        load: () => import('./commands/csr/server.js'),
      },
      {
        usage: 'client',
        group: 'Create',
        summary: "Create a client's private key and a CSR for it",
        load: () => import('./commands/csr/client.js'),
      },
    ],
  },
  {
    usage: 'sign <csrs..>',
    group: 'Create',
    summary: 'Sign CSRs with the existing CA',
    load: () => import('./commands/sign.js'),
  },
  {
    usage: 'import <from>',
    group: 'Create',
    summary: 'Adopt a CA and certificates that other tools made',
    load: () => import('./commands/import.js'),
  },
  {
    usage: 'renew',
    summary: 'Renew certificates that expire soon, or the ones you name',
    // The flags of the one are not those of the other; and no NAME is taken for a mistyped `ca`.
    commands: [
      {
        usage: '$0 [names..]',
        group: 'Renew',
        summary: 'Renew certificates that expire soon, or the ones you name',
        load: () => import('./commands/renew.js'),
      },
      {
        usage: 'ca',
        group: 'Renew',
        summary: 'Renew the CA certificate, or roll over to a new CA',
        load: () => import('./commands/renew-ca.js'),
      },
    ],
  },
  {
    usage: 'rollback',
    group: 'Renew',
    summary: 'Restore the files that the last renewal replaced',
    load: () => import('./commands/rollback.js'),
  },
  {
    usage: 'issued',
    group: 'Revoke',
    summary: 'List what the CA has issued',
    load: () => import('./commands/issued.js'),
  },
  {
    usage: 'revoke <names..>',
    group: 'Revoke',
    summary: 'Revoke certificates, and sign a list that says so',
    load: () => import('./commands/revoke.js'),
  },
  {
    usage: 'crl',
    group: 'Revoke',
    summary: 'Sign the list of revoked certificates (CRL)',
    load: () => import('./commands/crl.js'),
  },
  {
    usage: 'authority',
    summary: 'Keep the index of what the CA has issued',
    missing: 'no action was given: expected rebuild',
    commands: [
      {
        usage: 'rebuild',
        group: 'Revoke',
        summary: 'Make the index from the certificates in the directory',
        load: () => import('./commands/authority/rebuild.js'),
      },
    ],
  },
  {
    usage: 'status [directories..]',
    group: 'Check',
    summary: 'List certificates by expiry date',
    jsonFormat: true,
    load: () => import('./commands/status.js'),
  },
  {
    usage: 'inspect [path]',
    group: 'Check',
    summary: 'Show certificates with their keys and issuers',
    load: () => import('./commands/inspect.js'),
  },
  {
    usage: 'verify [directory]',
    group: 'Check',
    summary: 'Check a certificate directory for problems',
    load: () => import('./commands/verify.js'),
  },
  {
    usage: 'explain [directory]',
    group: 'Check',
    summary: 'Show which clients accept a set, or explain an error',
    load: () => import('./commands/explain.js'),
  },
  {
    usage: 'connect [endpoint]',
    group: 'Check',
    summary: 'Check that a daemon accepts only clients of its CA',
    load: () => import('./commands/connect.js'),
  },
  {
    usage: 'doctor',
    group: 'Check',
    summary: 'Check this machine: programs, files, ports, configuration',
    load: () => import('./commands/doctor.js'),
  },
  {
    usage: 'daemon',
    group: 'Docker host',
    summary: "Print the daemon's configuration",
    load: () => import('./commands/daemon.js'),
  },
  {
    usage: 'install',
    summary: 'Install the files of a client or of the daemon',
    missing: 'no target was given: expected client or daemon',
    commands: [
      {
        usage: 'client',
        group: 'Client',
        summary: 'Copy the files of a client to ~/.docker',
        load: () => import('./commands/install-client.js'),
      },
      {
        usage: 'daemon',
        group: 'Docker host',
        summary: "Copy the daemon's files into place, configure daemon.json",
        load: () => import('./commands/install-daemon.js'),
      },
    ],
  },
  {
    usage: 'uninstall',
    summary: 'Undo install',
    missing: 'no target was given: expected daemon',
    commands: [
      {
        usage: 'daemon',
        group: 'Docker host',
        summary: 'Undo install daemon',
        load: () => import('./commands/uninstall-daemon.js'),
      },
    ],
  },
  {
    usage: 'env',
    group: 'Client',
    summary: 'Print the environment variables of a client, for eval',
    load: () => import('./commands/env.js'),
  },
  {
    usage: 'context <context>',
    group: 'Client',
    summary: 'Create or update a docker context',
    load: () => import('./commands/context.js'),
  },
  {
    usage: 'bundle [name]',
    group: 'Client',
    summary: 'Pack the files of one client or one host into a .tar.gz',
    load: () => import('./commands/bundle.js'),
  },
  {
    usage: 'snippet [language]',
    group: 'Client',
    summary: 'Print code or configuration for a client or a proxy',
    load: () => import('./commands/snippet.js'),
  },
  {
    usage: 'fleet',
    summary: 'Keep the certificates of many hosts, from one file',
    missing:
      'no action was given: expected plan, apply, csr, sign, status, roll-over, ansible, script or cloud-init',
    commands: [
      {
        usage: 'plan',
        group: 'Fleet',
        summary: 'Show what fleet apply would do, and why',
        twoIsAnAnswer: true,
        load: () => import('./commands/fleet/plan.js'),
      },
      {
        usage: 'apply',
        group: 'Fleet',
        summary: 'Make, sign and renew what the fleet file describes',
        load: () => import('./commands/fleet/apply.js'),
      },
      {
        usage: 'csr [hosts..]',
        group: 'Fleet',
        summary: 'Collect the CSRs of hosts over ssh',
        load: () => import('./commands/fleet/csr.js'),
      },
      {
        usage: 'sign [hosts..]',
        group: 'Fleet',
        summary: 'Sign the CSRs that have come from hosts',
        load: () => import('./commands/fleet/sign.js'),
      },
      {
        usage: 'status [hosts..]',
        group: 'Fleet',
        summary: 'Show what each host has on disk, and what it serves',
        jsonFormat: true,
        load: () => import('./commands/fleet/status.js'),
      },
      {
        usage: 'roll-over',
        group: 'Fleet',
        summary: 'Replace the CA of all hosts and clients, step by step',
        missing: 'no action was given: expected start, status, next or abort',
        commands: [
          {
            usage: 'start',
            summary: 'Create the new CA, and begin with the first step',
            load: () => import('./commands/fleet/roll-over/start.js'),
          },
          {
            usage: 'status',
            summary: 'Show which hosts and clients have taken the last step',
            load: () => import('./commands/fleet/roll-over/status.js'),
          },
          {
            usage: 'next',
            summary: 'Take the next step, once everyone has taken the last one',
            load: () => import('./commands/fleet/roll-over/next.js'),
          },
          {
            usage: 'abort',
            summary: 'Go back to the old CA, until the last step',
            load: () => import('./commands/fleet/roll-over/abort.js'),
          },
        ],
      },
      {
        usage: 'ansible <out>',
        group: 'Fleet',
        summary: 'Write Ansible playbooks and a role for the hosts',
        load: () => import('./commands/fleet/ansible.js'),
      },
      {
        usage: 'script <host>',
        group: 'Fleet',
        summary: 'Print a shell script that sets up one host',
        load: () => import('./commands/fleet/script.js'),
      },
      {
        usage: 'cloud-init <host>',
        group: 'Fleet',
        summary: 'Print user-data that sets up a new machine',
        load: () => import('./commands/fleet/cloud-init.js'),
      },
    ],
  },
  {
    usage: 'passphrase',
    group: 'Tools',
    summary: 'Add, change or remove the passphrase of a private key',
    missing: 'no action was given: expected add, change or remove',
    commands: [
      {
        usage: 'add [key]',
        summary: 'Encrypt an unencrypted private key',
        load: () => import('./commands/passphrase/add.js'),
      },
      {
        usage: 'change [key]',
        summary: 'Change the passphrase of a private key',
        load: () => import('./commands/passphrase/change.js'),
      },
      {
        usage: 'remove [key]',
        summary: 'Decrypt a private key',
        load: () => import('./commands/passphrase/remove.js'),
      },
    ],
  },
  {
    usage: 'recipes',
    group: 'Tools',
    summary: 'List the recipes that all and script can follow',
    load: () => import('./commands/recipes.js'),
  },
  {
    usage: 'modes',
    group: 'Tools',
    summary: 'List the TLS modes of the docker client',
    load: () => import('./commands/modes.js'),
  },
  {
    usage: 'completion <shell>',
    group: 'Tools',
    summary: 'Print a completion script for bash, zsh or fish',
    load: () => import('./commands/completion.js'),
  },
  {
    usage: 'step',
    group: 'Tools',
    summary: 'Run a single openssl step',
    missing: 'no step was given',
    commands: [
      {
        usage: 'genrsa [numbits]',
        summary: 'Create an RSA private key',
        load: () => import('./commands/step/genrsa.js'),
      },
      {
        usage: 'genpkey',
        summary: 'Create a private key of any type',
        load: () => import('./commands/step/genpkey.js'),
      },
      {
        usage: 'req',
        summary: 'Create a certificate signing request (CSR)',
        load: () => import('./commands/step/req.js'),
      },
      {
        usage: 'req-x509',
        summary: 'Create a self-signed certificate, such as that of a CA',
        load: () => import('./commands/step/req-x509.js'),
      },
      {
        usage: 'x509-req',
        summary: 'Sign a CSR with a CA',
        load: () => import('./commands/step/x509-req.js'),
      },
      {
        usage: 'rsa',
        summary: 'Rewrite an RSA private key: change its passphrase or its format',
        load: () => import('./commands/step/rsa.js'),
      },
      {
        usage: 'pkey',
        summary: 'Rewrite a private key of any type: change or remove its passphrase',
        load: () => import('./commands/step/pkey.js'),
      },
      {
        usage: 'verify <certificate>',
        summary: 'Verify a certificate',
        load: () => import('./commands/step/verify.js'),
      },
    ],
  },
];

/** The name in a row's usage. */
export function nameOf({ usage }: CommandRow): string {
  return usage.split(' ', 1)[0] ?? usage;
}
