import { refuseUnknown, type OptionNames } from '../known-options.js';
import { controlNames, type RunControl } from '../execute/run-control.js';
import type { IssueRequest } from '../issue/options.js';
import type { LeafRole } from '../x509/role.js';

/** Whose key and CSR to make, and where: options of `all` with the same meaning. */
type CommonOptions = Pick<
  IssueRequest<LeafRole>,
  'directory' | 'name' | 'key' | 'subject' | 'country' | 'organization' | 'unit' | 'templates'
> & {
  /** Replaces a CSR that asks for something else. The key is never replaced. Default: false. */
  readonly overwrite?: boolean | undefined;
};

export type ServerCsrOptions = CommonOptions &
  Pick<IssueRequest<'server'>, 'hosts' | 'ips' | 'localhost' | 'hostname'>;
export type ClientCsrOptions = CommonOptions & Pick<IssueRequest<'client'>, 'clientName'>;

/** What a CSR of that role can be given. */
export type CsrOptions<Role extends LeafRole = LeafRole> = {
  readonly server: ServerCsrOptions;
  readonly client: ClientCsrOptions;
}[Role];

const commonNames: OptionNames<CommonOptions> = {
  directory: true,
  name: true,
  key: true,
  subject: true,
  country: true,
  organization: true,
  unit: true,
  templates: true,
  overwrite: true,
};

/** The options of each role, by name. */
export const csrOptionNames: {
  readonly server: OptionNames<ServerCsrOptions>;
  readonly client: OptionNames<ClientCsrOptions>;
} = {
  server: { ...commonNames, hosts: true, ips: true, localhost: true, hostname: true },
  client: { ...commonNames, clientName: true },
};

/** Refuses what a CSR of that role does not heed. Throws `ERR_INPUT`. */
export function refuseOthersOptions(role: LeafRole, options: CsrOptions & RunControl): void {
  refuseUnknown(options, { ...csrOptionNames[role], ...controlNames });
}
