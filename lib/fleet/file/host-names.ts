import { InputError } from '../../errors.js';
import { formatAltName, parseHosts, type AltName } from '../../x509/alt-names.js';

/** One name or address, without a port. Throws `ERR_INPUT`. */
export function parseHostName(text: string): AltName {
  if (text.includes(',')) throw new InputError('names', 'one name holds a comma: give each on its own');
  if (text.includes('://'))
    throw new InputError('names', `'${text.slice(0, 100)}' is a URL: give the host alone`);
  const { names, ports } = parseHosts([text], 'names');
  const [name] = names;
  if (!name || ports.length > 0)
    throw new InputError('names', `'${text.slice(0, 100)}' has a port`, {
      hint: `give the port as a key of the host: 'port: ${ports[0] ?? 2376}'`,
    });
  return name;
}

export function isWildcard({ value }: AltName): boolean {
  return value.startsWith('*.');
}

/** Whether a certificate with these names is good for this one. */
export function isCovered(wanted: AltName, names: readonly AltName[]): boolean {
  const suffix = wanted.value.replace(/^[^.]+/, '*');
  return names.some(
    (name) =>
      formatAltName(name) === formatAltName(wanted) ||
      (wanted.type === 'DNS' && isWildcard(name) && name.value === suffix),
  );
}

/** Characters that neither a shell nor ssh's own configuration takes for anything else. */
const SSH_USER = /^[A-Za-z0-9_][A-Za-z0-9_.+@-]*$/;
const SSH_HOST = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** `USER@HOST` or `HOST`: nothing that ssh would take as an option, or a shell as a command. Throws `ERR_INPUT`. */
export function parseSshTarget(text: string): string {
  const refuse = (why: string, hint?: string): never => {
    throw new InputError('ssh', `${JSON.stringify(text.slice(0, 100))} is not a target for ssh: ${why}`, {
      hint,
    });
  };
  const at = text.lastIndexOf('@');
  const [user, host] = [at < 0 ? undefined : text.slice(0, at), text.slice(at + 1)];
  if (text.startsWith('-') || host.startsWith('-')) refuse('it begins with a hyphen, as an option does');
  if (text.includes('://') || /^[^:]*:\d+$/.test(host) || host.startsWith('['))
    refuse('it is USER@HOST or HOST', 'put a port into the configuration of ssh');
  if (user !== undefined && !SSH_USER.test(user)) refuse('the user name has a character that it cannot have');
  const isAddress = host.includes(':') && !host.includes('%') && parseHostName(host).type === 'IP';
  if (!isAddress && !SSH_HOST.test(host)) refuse('the host has a character that it cannot have');
  return text;
}

/** A group of an inventory: what Ansible takes without a warning. Throws `ERR_INPUT`. */
export function parseGroup(text: string): string {
  if (!/^[A-Za-z_]\w{0,62}$/.test(text))
    throw new InputError('groups', `'${text.slice(0, 100)}' cannot be the name of a group`, {
      hint: 'up to 63 letters, digits and underscores, beginning with a letter',
    });
  if (reserved.includes(text))
    throw new InputError('groups', `'${text}' is a group that every inventory has`);
  return text;
}

/** What an inventory of Ansible calls groups of its own. */
export const reserved: readonly string[] = ['all', 'ungrouped'];
