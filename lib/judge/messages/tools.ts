import { call, words } from '../../words.js';
import { row, type KnownMessage } from './message.js';

const three = 'ca.pem, cert.pem and key.pem';
const terraform = "Terraform's provider for Docker";
const config = 'kreuzwerker/terraform-provider-docker, internal/provider/config.go';

/** Messages of tools around docker. */
export const toolMessages: readonly KnownMessage[] = [
  row(
    'portainer-unreachable',
    /Unable to connect to the Docker (environment|endpoint|daemon)|Unable to initiate communications with (environment|endpoint)|Failure Unable to (connect|ping) .*(endpoint|environment)/i,
    'Portainer',
    'Portainer cannot reach the daemon, or the daemon refused its certificate; the log of Portainer says which',
    words`try the same from its host: ${call('connect')}`,
    'portainer/portainer, app/portainer/services/stateManager.js',
    'Failure Unable to connect to the Docker environment',
    'Unable to initiate communications with environment',
  ),
  row(
    'traefik-unreachable',
    /Provider (connection )?error.*, retrying in|Failed to (retrieve information of the docker client and server host|list containers for docker)/i,
    'Traefik',
    'the Docker provider of Traefik cannot reach the daemon; the rest of the message says why',
    words`set tls.ca, tls.cert and tls.key of the provider; try the same: ${call('connect')}`,
    'traefik/traefik, pkg/provider/docker/pdocker.go',
    'Provider connection error error during connect, retrying in 2s providerName=docker',
    'ERR Failed to retrieve information of the docker client and server host error="context canceled" providerName=docker',
  ),
  row(
    'ansible-connect',
    /"?msg"?: "?(Error connecting|SSL Exception): |^(Error connecting|SSL Exception): /im,
    'Ansible: community.docker',
    'the module cannot reach the daemon; the rest of the message says why',
    `docker_host: tcp://HOST:2376, tls: true, validate_certs: true, ca_path, client_cert and client_key for ${three}`,
    'ansible-collections/community.docker, plugins/module_utils/_common_api.py',
    'fatal: [h]: FAILED! => {"changed": false, "msg": "Error connecting: Invalid response from docker daemon: key \\"ApiVersion\\" is missing."}',
  ),
  row(
    'testcontainers-no-daemon',
    /Could not find a valid Docker environment|Could not find a working container runtime strategy|Docker is either not running or misconfigured|Failed to connect to Docker endpoint at '|rootless Docker not found|Previous attempts to find a Docker environment failed/i,
    'Testcontainers',
    'no daemon answers with the settings that Testcontainers has; the lines before tell what it tried',
    words`set DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH: ${call('clientEnvironment')} prints the lines`,
    'testcontainers/testcontainers-java, DockerClientProviderStrategy.java; java.testcontainers.org, Docker environment discovery',
    'java.lang.IllegalStateException: Could not find a valid Docker environment. Please see logs and check configuration',
    'Error: Could not find a working container runtime strategy',
    'System.ArgumentException: Docker is either not running or misconfigured. Please ensure that Docker is running and that the endpoint is properly configured.',
    'panic: rootless Docker not found',
  ),
  row(
    'terraform-ping',
    /Error pinging Docker server, please make sure that \S* is reachable(?!.*(x509|tls|certificate|EOF|refused|HTTP))/i,
    terraform,
    'the provider cannot reach the daemon; the end of the message says why',
    words`host = "tcp://HOST:2376" with cert_path; try the same: ${call('connect')}`,
    config,
    "Error: Error pinging Docker server, please make sure that tcp://h:2376 is reachable and has a  '_ping' endpoint. Error: context canceled",
  ),
  row(
    'editor-no-daemon',
    /Failed to connect\. Is Docker (running|installed)/i,
    'VS Code',
    'the editor found no daemon: it uses the current docker context, or DOCKER_HOST',
    words`make the daemon a context: ${call('syncContext', { context: 'NAME', use: true, apply: true })}`,
    'microsoft/vscode-docker, src/utils',
    'Failed to connect. Is Docker installed and running? Error: connect ENOENT',
    'Failed to connect. Is Docker running?',
  ),
];
