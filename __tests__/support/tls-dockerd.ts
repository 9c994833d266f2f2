import { daemonConfiguration, readCredentials } from '../../lib/index.js';
import { startDockerd, type DockerBuild, type RunningDockerd } from './dockerd.js';

/** Starts a daemon that takes mutual TLS alone, with the server's files of a set. */
export async function startTlsDockerd(
  build: DockerBuild,
  directory: string,
  port?: number,
): Promise<RunningDockerd> {
  const server = await readCredentials('server', { directory });
  const args = daemonConfiguration(server).arguments.filter((word) => word.startsWith('--tls'));
  return startDockerd(build, { args, ...(port === undefined ? {} : { port }) });
}
