import { call, words, type Text } from '../../words.js';

/** A message of a client or the daemon, with its cause and fix. */
export interface KnownMessage {
  readonly id: string;
  /** Matches the message in every known version. */
  readonly pattern: RegExp;
  /** The programs that print it, and where. */
  readonly who: string;
  /** The cause. */
  readonly cause: string;
  /** What to do. */
  readonly fix: Text;
  /** The RFC, manual, source or measurement behind it. */
  readonly source: string;
  /** Real messages that it matches. */
  readonly said: readonly string[];
}

/** A row of the table, in the order of its parts. */
export function row(
  id: string,
  pattern: RegExp,
  who: string,
  cause: string,
  fix: Text,
  source: string,
  ...said: readonly [string, ...string[]]
): KnownMessage {
  return { id, pattern, who, cause, fix, source, said };
}

export const serverAgain = call('server', { hosts: ['HOST'], force: ['server'] });
export const clientAgain = call('client', { force: ['client'] });
/** A new set beside the old one: no advice replaces a CA. */
export const set = call('all', { hosts: ['HOST'] }, 'docker-tls-new');
export const runExplain = call('explain', {}, 'DIRECTORY');
export const trust =
  'give the client the ca.pem of the CA that signed the server, and the daemon (--tlscacert) that of the CA that signed the client';
export const asPkcs12 = 'openssl pkcs12 -export -in cert.pem -inkey key.pem -out client.p12';
export const clientFiles = words`copy them there: ${call('installClient', { apply: true })}`;
