import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the scripts in .ci bring lies in a folder of this one. */
export function cacheDirectory(): string {
  return (
    variable('DOCKER_TLS_OPENSSL_CACHE') ??
    join(variable('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'docker-tls-openssl')
  );
}

/** An empty variable counts as unset, as it does for the scripts that fill the cache. */
function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}
