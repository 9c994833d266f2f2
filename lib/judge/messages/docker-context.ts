import { call, words } from '../../words.js';
import { row, type KnownMessage } from './message.js';

const who = 'docker';
const store = 'docker/cli, cli/context/store; measured';
const create = 'docker/cli, cli/command/context/options.go; measured';
const again = words`docker context ls shows them; create it again: ${call('syncContext', { context: 'NAME', apply: true })}`;

/** Messages about docker contexts and the configuration of docker. */
export const dockerContextMessages: readonly KnownMessage[] = [
  row(
    'context-overridden',
    /DOCKER_HOST environment variable overrides the active context/i,
    who,
    'DOCKER_HOST is set, and wins over the context',
    'unset DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or name the context with --context',
    'docker/cli, cli/command/context/use.go; measured',
    'Warning: DOCKER_HOST environment variable overrides the active context. To use "remote", either set the global --context flag, or unset DOCKER_HOST environment variable.',
  ),
  row(
    'context-and-host',
    /conflicting options: (either specify --host or --context|cannot specify both --host and --context)/i,
    who,
    'the command names a context and a host: each says where the daemon is',
    'leave out one of the two; with -H, also give --tlsverify and the three files',
    'docker/cli, cli/command/cli.go; measured',
    'conflicting options: cannot specify both --host and --context',
    'Conflicting options: either specify --host or --context, not both',
  ),
  row(
    'context-missing',
    /context "[^"]*": context not found|context "[^"]*" (not found|does not exist)|Current context "[^"]*" is not found on the file system/i,
    who,
    'the docker context does not exist for this user, or its files are gone',
    again,
    store,
    'Current context "remote" is not found on the file system, please check your config file at /root/.docker/config.json',
    'unable to resolve docker endpoint: context "remote" does not exist',
    'Failed to initialize: unable to resolve docker endpoint: context "remote": context not found: open /root/.docker/contexts/meta/ca37/meta.json: no such file or directory',
  ),
  row(
    'context-exists',
    /context "[^"]*" already exists/i,
    who,
    'a context of this name exists: docker context create does not change it',
    words`update it with ${call('syncContext', { context: 'NAME', apply: true })} or docker context update`,
    'docker/cli, cli/command/context/create.go; measured',
    'context "remote" already exists',
  ),
  row(
    'context-key-unknown',
    /unrecognized config key/i,
    who,
    '--docker has a key that docker does not know: they are host, ca, cert, key, skip-tls-verify and from',
    'docker context create NAME --docker host=tcp://HOST:2376,ca=ca.pem,cert=cert.pem,key=key.pem',
    create,
    'unable to create docker endpoint config: unrecognized config key: cacert',
    'unable to create docker endpoint config: cacert: unrecognized config key',
  ),
  row(
    'context-file-missing',
    /unable to create docker endpoint config: open /i,
    who,
    'ca, cert or key of --docker names a file that does not exist',
    'give absolute paths to ca.pem, cert.pem and key.pem',
    create,
    'unable to create docker endpoint config: open /nope/ca.pem: no such file or directory',
  ),
  row(
    'context-skip-value',
    /skip-tls-verify: (strconv\.ParseBool: )?parsing/i,
    who,
    'skip-tls-verify is neither true nor false',
    'leave it out: with true, docker talks to anyone who answers at that address',
    create,
    'unable to create docker endpoint config: skip-tls-verify: parsing "maybe": invalid syntax',
  ),
  row(
    'context-name',
    /context name "[^"]*" is invalid|"default" is a reserved context name/i,
    who,
    'this name cannot be used: it has two or more letters, digits and _ . + -, and is not default',
    words`choose another: ${call('syncContext', { context: 'NAME', apply: true })}`,
    store,
    'context name "a b" is invalid, names are validated against regexp "^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$"',
    '"default" is a reserved context name',
  ),
  row(
    'context-broken',
    /parsing \S+meta\.json: |failed to read metadata: |cannot find docker endpoint in context|is not of type EndpointMeta/i,
    who,
    "the context's meta.json is damaged, or the context has no docker endpoint",
    again,
    store,
    'Failed to initialize: unable to resolve docker endpoint: context "remote": parsing /root/.docker/contexts/meta/e660/meta.json: invalid character \'x\' looking for beginning of value',
    'cannot find docker endpoint in context',
  ),
  row(
    'docker-config-broken',
    /Error (loading|parsing) config file/i,
    who,
    "docker's config.json is not JSON: docker ignores it, with the current context in it",
    'correct it: python3 -m json.tool ~/.docker/config.json shows the line',
    'docker/cli, cli/config; measured',
    'WARNING: Error parsing config file (/root/.docker/config.json): unexpected EOF',
    'WARNING: Error loading config file: /root/.docker/config.json: unexpected EOF',
  ),
];
